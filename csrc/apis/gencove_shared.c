/* Gencove: models that answers about invitations and about the organization have in common. */
#include "apis/gencove_shared.h"

#include "apis/facts.h"

static const cvk_field page_meta_fields[] = {
    {.name = "count", REQUIRED, .schema = INTEGER(), .summary = "Results on all pages"},
    {.name = "next", .schema = STRING(NULLABLE, .format = "uri"), .summary = "The next page"},
    {.name = "previous", .schema = STRING(NULLABLE, .format = "uri"),
     .summary = "The page before"},
};
const cvk_model cvk_gencove_page_meta = {.name = "PageMeta", FIELDS(page_meta_fields)};
