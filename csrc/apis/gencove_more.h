/*
 * Gencove: the operations around the invitations.
 */
#ifndef CVK_APIS_GENCOVE_MORE_H
#define CVK_APIS_GENCOVE_MORE_H

#include "catalogue/catalogue.h"

enum { cvk_gencove_more_count = 13 };

extern const cvk_operation cvk_gencove_more[cvk_gencove_more_count];

#endif
