/*
 * Edgegap: the operations that came after the reference page.
 */
#ifndef CVK_APIS_EDGEGAP_MORE_H
#define CVK_APIS_EDGEGAP_MORE_H

#include "catalogue/catalogue.h"

enum { cvk_edgegap_more_count = 19 };

extern const cvk_operation cvk_edgegap_more[cvk_edgegap_more_count];

#endif
