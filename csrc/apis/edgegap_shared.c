/* Edgegap: models that answers about sessions and deployments have in common. */
#include "apis/edgegap_shared.h"

#include "apis/facts.h"

static const cvk_field deployment_location_fields[] = {
    {.name = "city", REQUIRED, .schema = STRING(), .summary = "City"},
    {.name = "country", REQUIRED, .schema = STRING(), .summary = "Country"},
    {.name = "continent", REQUIRED, .schema = STRING(), .summary = "Continent"},
    {.name = "administrative_division", REQUIRED, .schema = STRING(), .summary = "Division"},
    {.name = "timezone", REQUIRED, .schema = STRING(), .summary = "Time zone"},
    {.name = "latitude", REQUIRED, .schema = NUMBER(), .summary = "Degrees north"},
    {.name = "longitude", REQUIRED, .schema = NUMBER(), .summary = "Degrees east"},
};
const cvk_model cvk_edgegap_location = {.name = "DeploymentLocation",
                                              FIELDS(deployment_location_fields)};

static const cvk_field paginator_fields[] = {
    {.name = "num_pages", .schema = INTEGER(), .summary = "Number of pages"},
};
static const cvk_model paginator = {.name = "Paginator", FIELDS(paginator_fields)};

static const cvk_field pagination_fields[] = {
    {.name = "number", .schema = INTEGER(), .summary = "This page"},
    {.name = "next_page_number", .schema = INTEGER(NULLABLE), .summary = "The next page"},
    {.name = "previous_page_number", .schema = INTEGER(NULLABLE), .summary = "The page before"},
    {.name = "paginator", .schema = MODEL(paginator), .summary = "About all pages"},
    {.name = "has_next", .schema = BOOLEAN(), .summary = "Whether a page follows"},
    {.name = "has_previous", .schema = BOOLEAN(), .summary = "Whether a page comes before"},
};
const cvk_model cvk_edgegap_pagination = {.name = "Pagination", FIELDS(pagination_fields)};
