/* Clerk: an invitation into the application, of which several of its operations tell. */
#include "apis/clerk_invitation.h"

/* Time stamps are whole milliseconds since 1970. */
static const cvk_field invitation_fields[] = {
    {.name = "object", REQUIRED, .schema = STRING(WORDS("invitation")),
     .summary = "Always \"invitation\""},
    {.name = "id", REQUIRED, .schema = STRING(), .summary = "Begins with inv_"},
    {.name = "email_address", REQUIRED, .schema = STRING(.format = "email"),
     .summary = "Who is invited"},
    {.name = "public_metadata", REQUIRED, .schema = FREE_OBJECT(),
     .summary = "Copied to the user who signs up"},
    {.name = "revoked", .schema = BOOLEAN(), .summary = "Absent unless revoked"},
    {.name = "status", REQUIRED, .schema = STRING(INVITATION_STATUS),
     .summary = "Where the invitation stands"},
    {.name = "url", .schema = STRING(), .summary = "The link that accepts; may be absent"},
    {.name = "expires_at", .schema = INTEGER(NULLABLE, .format = "int64"),
     .summary = "End of validity, milliseconds; null or absent when none is recorded"},
    {.name = "created_at", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "Creation, milliseconds"},
    {.name = "updated_at", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "Last change, milliseconds"},
};
const cvk_model cvk_clerk_invitation = {.name = "Invitation", FIELDS(invitation_fields)};
