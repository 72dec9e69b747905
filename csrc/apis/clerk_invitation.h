/*
 * Clerk: an invitation into the application.
 */
#ifndef CVK_APIS_CLERK_INVITATION_H
#define CVK_APIS_CLERK_INVITATION_H

#include "apis/facts.h"

#define INVITATION_STATUS WORDS("pending", "accepted", "revoked", "expired")

extern const cvk_model cvk_clerk_invitation;

#endif
