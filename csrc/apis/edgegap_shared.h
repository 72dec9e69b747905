/*
 * Edgegap: models that answers about sessions and deployments have in common.
 */
#ifndef CVK_APIS_EDGEGAP_SHARED_H
#define CVK_APIS_EDGEGAP_SHARED_H

#include "catalogue/catalogue.h"

/* Where a server is. */
extern const cvk_model cvk_edgegap_location;

/* What pages a listing has. */
extern const cvk_model cvk_edgegap_pagination;

#endif
