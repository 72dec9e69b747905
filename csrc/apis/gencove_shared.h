/*
 * Gencove: models that answers about invitations and about the organization have in common.
 */
#ifndef CVK_APIS_GENCOVE_SHARED_H
#define CVK_APIS_GENCOVE_SHARED_H

#include "catalogue/catalogue.h"

/* Where a page of a listing lies. */
extern const cvk_model cvk_gencove_page_meta;

#endif
