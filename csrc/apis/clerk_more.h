/*
 * Clerk: the operations that came after the reference page.
 */
#ifndef CVK_APIS_CLERK_MORE_H
#define CVK_APIS_CLERK_MORE_H

#include "catalogue/catalogue.h"

enum { cvk_clerk_more_count = 23 };

extern const cvk_operation cvk_clerk_more[cvk_clerk_more_count];

#endif
