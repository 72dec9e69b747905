---@meta convoke.meta.clerk
-- Annotations of the Clerk Backend API for editors, written by `make meta`.

---@class convoke.clerk.Invitation
---@field object "invitation"|string Always "invitation"
---@field id string Begins with inv_
---@field email_address string Who is invited (email)
---@field public_metadata table<string, any> Copied to the user who signs up
---@field revoked? boolean Absent unless revoked
---@field status "pending"|"accepted"|"revoked"|"expired"|string Where the invitation stands
---@field url? string The link that accepts; may be absent
---@field expires_at? integer End of validity, milliseconds; null or absent when none is recorded (int64)
---@field created_at integer Creation, milliseconds (int64)
---@field updated_at integer Last change, milliseconds (int64)

---@class convoke.clerk.PaginatedInvitations
---@field data convoke.clerk.Invitation[] One page
---@field total_count integer Invitations on all pages (int64)

---@class convoke.clerk.PaginatedInvitationsOrList: convoke.clerk.PaginatedInvitations An array, or with `paginated` what it inherits
---@field [integer] convoke.clerk.Invitation

---@class convoke.clerk.InvitationRowParams: table<"email_address"|"public_metadata"|"redirect_url"|"notify"|"ignore_existing"|"expires_in_days"|"template_slug", any>
---@field email_address string Whose address
---@field public_metadata? table<string, any>|convoke.Null Copied to who accepts
---@field redirect_url? string|convoke.Null Where the invitation link leads
---@field notify? boolean|convoke.Null Whether to send the e-mail (default true)
---@field ignore_existing? boolean|convoke.Null Also if the address is invited already or has a user (default false)
---@field expires_in_days? integer|convoke.Int64|convoke.Null Validity in days (1 to 365)
---@field template_slug? "invitation"|"waitlist_invitation" Which e-mail to send (default "invitation")

---@class convoke.clerk.PublicInviter
---@field user_id string User, user_...
---@field first_name? string First name
---@field last_name? string Last name
---@field image_url string Picture
---@field has_image boolean Whether there is a picture of their own
---@field identifier string Address or name to sign in with

---@class convoke.clerk.OrganizationInvitation
---@field object "organization_invitation"|string What it is
---@field id string Its id
---@field email_address string Whose address
---@field role string Key of the role, such as org:member
---@field role_name string Name of the role
---@field organization_id? string Organization, org_...
---@field inviter_id? string Who invited
---@field public_inviter_data? convoke.clerk.PublicInviter About who invited
---@field status? string Where it stands
---@field public_metadata table<string, any> Copied to who accepts
---@field private_metadata? table<string, any> For the backend only
---@field url? string The link that accepts
---@field expires_at? integer End of validity, milliseconds (int64)
---@field created_at integer Creation, milliseconds (int64)
---@field updated_at integer Last change, milliseconds (int64)

---@class convoke.clerk.OrganizationInvitations
---@field data convoke.clerk.OrganizationInvitation[] One page
---@field total_count integer On all pages (int64)

---@class convoke.clerk.OrganizationInvitationRowParams: table<"email_address"|"role"|"inviter_user_id"|"public_metadata"|"private_metadata"|"redirect_url"|"expires_in_days"|"notify", any>
---@field email_address string Whose address
---@field role string Key of the role, such as org:member
---@field inviter_user_id? string|convoke.Null Member who invites
---@field public_metadata? table<string, any>|convoke.Null Copied to who accepts
---@field private_metadata? table<string, any>|convoke.Null For the backend only
---@field redirect_url? string|convoke.Null Where the invitation link leads
---@field expires_in_days? integer|convoke.Int64|convoke.Null Validity in days (1 to 365)
---@field notify? boolean|convoke.Null Whether to send the e-mail (default true)

---@class convoke.clerk.PublicOrganization
---@field id string Its id
---@field name string Name
---@field slug string Name in addresses
---@field image_url? string Picture
---@field has_image boolean Whether there is a picture of their own

---@class convoke.clerk.InvitationOfOrganization
---@field object "organization_invitation"|string What it is
---@field id string Its id
---@field email_address string Whose address
---@field role string Key of the role, such as org:member
---@field role_name string Name of the role
---@field organization_id? string Organization, org_...
---@field inviter_id? string Who invited
---@field public_inviter_data? convoke.clerk.PublicInviter About who invited
---@field status? string Where it stands
---@field public_metadata table<string, any> Copied to who accepts
---@field private_metadata? table<string, any> For the backend only
---@field url? string The link that accepts
---@field expires_at? integer End of validity, milliseconds (int64)
---@field created_at integer Creation, milliseconds (int64)
---@field updated_at integer Last change, milliseconds (int64)
---@field public_organization_data? convoke.clerk.PublicOrganization About the organization

---@class convoke.clerk.InvitationsOfOrganizations
---@field data convoke.clerk.InvitationOfOrganization[] One page
---@field total_count integer On all pages (int64)

---@class convoke.clerk.SessionActivity
---@field object string What it is
---@field id string Its id
---@field device_type? string Kind of device
---@field is_mobile boolean Whether it is a mobile one
---@field browser_name? string Browser
---@field browser_version? string Its version
---@field ip_address? string Address of the device
---@field city? string City
---@field country? string Country

---@class convoke.clerk.SessionTask
---@field key string Which task

---@class convoke.clerk.Session
---@field object "session"|string What it is
---@field id string Its id
---@field user_id string User, user_...
---@field client_id string Client, client_...
---@field actor? table<string, any> Who acts for the user
---@field status "active"|"revoked"|"ended"|"expired"|"removed"|"abandoned"|"replaced"|"pending"|string Where it stands
---@field last_active_organization_id? string Organization of the last request
---@field last_active_at integer Last activity, milliseconds
---@field latest_activity? convoke.clerk.SessionActivity From where it was used last
---@field expire_at integer End of the session, milliseconds (int64)
---@field abandon_at integer When it counts as abandoned, milliseconds (int64)
---@field updated_at integer Last change, milliseconds (int64)
---@field created_at integer Creation, milliseconds (int64)
---@field tasks? convoke.clerk.SessionTask[] What the user has yet to do

---@class convoke.clerk.PaginatedSessions
---@field data convoke.clerk.Session[] One page
---@field total_count integer On all pages (int64)

---@class convoke.clerk.PaginatedSessionsOrList: convoke.clerk.PaginatedSessions An array, or with `paginated` what it inherits
---@field [integer] convoke.clerk.Session

---@class convoke.clerk.SessionRefresh
---@field object "token"|"cookies"|string What it is
---@field jwt? string The token
---@field cookies? string[] Set-Cookie directives

---@class convoke.clerk.SessionToken
---@field object? "token"|string What it is
---@field jwt? string The token

---@class convoke.clerk.WaitlistEntry
---@field object "waitlist_entry"|string What it is
---@field id string Its id
---@field email_address string Whose address (email)
---@field status "pending"|"invited"|"rejected"|"completed"|string Where it stands
---@field is_locked? boolean A batch is at work on it
---@field created_at integer Creation, milliseconds (int64)
---@field updated_at integer Last change, milliseconds (int64)
---@field invitation? convoke.clerk.Invitation What was sent; null unless invited

---@class convoke.clerk.WaitlistEntries
---@field data convoke.clerk.WaitlistEntry[] One page
---@field total_count integer On all pages

---@class convoke.clerk.WaitlistRowParams: table<"email_address"|"notify", any>
---@field email_address string Whose address (email)
---@field notify? boolean|convoke.Null Whether to send the e-mail (default true)

---@class convoke.clerk.DeletedObject
---@field object string What it is
---@field id? string Its id
---@field slug? string Name in addresses
---@field deleted boolean Always true
---@field external_id? string Id in another system

---@class convoke.clerk.Options: convoke.ClientOptions, table<"url"|"timeout"|"connect_timeout"|"retries"|"rate"|"rate_dict"|"max_in_flight"|"max_response_bytes"|"http_version"|"proxy"|"ca_file"|"cert"|"key"|"allow_http"|"user_agent"|"log"|"hooks"|"transport"|"secret_key"|"api_version", any>
---@field secret_key? string Secret key, sk_test_... or sk_live_...; the environment variable CLERK_SECRET_KEY
---@field api_version? string|false API version, a date; false: none is asked for (default "2026-05-12")

---@class convoke.clerk.invitations.create.Params: table<"email_address"|"public_metadata"|"redirect_url"|"notify"|"ignore_existing"|"expires_in_days"|"template_slug", any>
---@field email_address string Address to invite
---@field public_metadata? table<string, any> Public metadata of the user who signs up with the invitation
---@field redirect_url? string Where the invitation link leads
---@field notify? boolean|convoke.Null Whether to send the e-mail (default true)
---@field ignore_existing? boolean|convoke.Null Create even if the address is invited already or has a user (default false)
---@field expires_in_days? integer|convoke.Int64|convoke.Null Validity in days (1 to 365; default 30)
---@field template_slug? "invitation"|"waitlist_invitation" Which e-mail to send (default "invitation")

---@class convoke.clerk.invitations.list.Params: table<"status"|"query"|"order_by"|"paginated"|"limit"|"offset", any>
---@field status? "pending"|"accepted"|"revoked"|"expired" Only this status; without it all that are not revoked
---@field query? string Match on address or id
---@field order_by? string created_at, email_address or expires_at, after + or - (default "-created_at")
---@field paginated? boolean Answer with an object that has data and total_count instead of a list
---@field limit? integer|convoke.Int64 Page size (1 to 500; default 10)
---@field offset? integer|convoke.Int64 Results to skip (from 0; default 0)

---@class convoke.clerk.invitations.revoke.Params: table<"invitation_id", any>
---@field invitation_id string Invitation id

---@class convoke.clerk.invitations.create_bulk.Params: table<"body", any>
---@field body convoke.clerk.InvitationRowParams[] The rows, of which each becomes one (at most 10 elements; at least 1 elements)

---@class convoke.clerk.invitations
local invitations = {}

--- Create an invitation and, unless notify is false, e-mail it.
---
--- `POST /invitations`, the vendor's `create_invitation`.
---@param params convoke.clerk.invitations.create.Params
---@param options? convoke.CallOptions
---@return convoke.clerk.Invitation? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.Invitation, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:create(params, options) end

--- List invitations, newest first.
---
--- `GET /invitations`, the vendor's `list_invitations`. It only reads.
---@param params? convoke.clerk.invitations.list.Params
---@param options? convoke.CallOptions
---@return convoke.clerk.PaginatedInvitationsOrList? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.PaginatedInvitationsOrList, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:list(params, options) end

--- Walks all pages: List invitations, newest first. An error is raised.
---@param params? convoke.clerk.invitations.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.clerk.Invitation?
function invitations:each(params, options) end

--- Reads all pages: List invitations, newest first.
---@param params? convoke.clerk.invitations.list.Params
---@param options? convoke.CallOptions
---@return convoke.clerk.Invitation[]? elements
---@return convoke.Error? err
---@return_overload convoke.clerk.Invitation[], nil
---@return_overload nil, convoke.Error
function invitations:all(params, options) end

--- Make the link of a pending invitation unusable.
---
--- `POST /invitations/{invitation_id}/revoke`, the vendor's `revoke_invitation`. A repeat changes no more than one call.
---@overload fun(self: convoke.clerk.invitations, params: convoke.clerk.invitations.revoke.Params, options?: convoke.CallOptions): convoke.clerk.Invitation?, convoke.Error?, convoke.Meta?
---@param invitation_id string Invitation id
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.clerk.Invitation? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.Invitation, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:revoke(invitation_id, params, options) end

--- Create up to 10 invitations in one request.
---
--- `POST /invitations/bulk`, the vendor's `CreateBulkInvitations`.
---@param params convoke.clerk.invitations.create_bulk.Params|convoke.clerk.InvitationRowParams[]
---@param options? convoke.CallOptions
---@return convoke.clerk.Invitation[]? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.Invitation[], nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:create_bulk(params, options) end

---@class convoke.clerk.organization_invitations.create.Params: table<"organization_id"|"email_address"|"role"|"inviter_user_id"|"public_metadata"|"private_metadata"|"redirect_url"|"expires_in_days"|"notify", any>
---@field organization_id string Organization, org_...
---@field email_address string Whose address
---@field role string Key of the role, such as org:member
---@field inviter_user_id? string|convoke.Null Member who invites
---@field public_metadata? table<string, any>|convoke.Null Copied to who accepts
---@field private_metadata? table<string, any>|convoke.Null For the backend only
---@field redirect_url? string|convoke.Null Where the invitation link leads
---@field expires_in_days? integer|convoke.Int64|convoke.Null Validity in days (1 to 365)
---@field notify? boolean|convoke.Null Whether to send the e-mail (default true)

---@class convoke.clerk.organization_invitations.create.ParamsBesidePath: table<"organization_id"|"email_address"|"role"|"inviter_user_id"|"public_metadata"|"private_metadata"|"redirect_url"|"expires_in_days"|"notify", any>
---@field organization_id? string Organization, org_...
---@field email_address string Whose address
---@field role string Key of the role, such as org:member
---@field inviter_user_id? string|convoke.Null Member who invites
---@field public_metadata? table<string, any>|convoke.Null Copied to who accepts
---@field private_metadata? table<string, any>|convoke.Null For the backend only
---@field redirect_url? string|convoke.Null Where the invitation link leads
---@field expires_in_days? integer|convoke.Int64|convoke.Null Validity in days (1 to 365)
---@field notify? boolean|convoke.Null Whether to send the e-mail (default true)

---@class convoke.clerk.organization_invitations.list.Params: table<"organization_id"|"status"|"email_address"|"order_by"|"limit"|"offset", any>
---@field organization_id string Organization, org_...
---@field status? "pending"|"accepted"|"revoked"|"expired" Where it stands
---@field email_address? string Whose address
---@field order_by? string What to sort by, after + or - (default "-created_at")
---@field limit? integer|convoke.Int64 Results per page (1 to 500; default 10)
---@field offset? integer|convoke.Int64 Results to skip (from 0; default 0)

---@class convoke.clerk.organization_invitations.list.ParamsBesidePath: table<"organization_id"|"status"|"email_address"|"order_by"|"limit"|"offset", any>
---@field organization_id? string Organization, org_...
---@field status? "pending"|"accepted"|"revoked"|"expired" Where it stands
---@field email_address? string Whose address
---@field order_by? string What to sort by, after + or - (default "-created_at")
---@field limit? integer|convoke.Int64 Results per page (1 to 500; default 10)
---@field offset? integer|convoke.Int64 Results to skip (from 0; default 0)

---@class convoke.clerk.organization_invitations.create_bulk.Params: table<"organization_id"|"body", any>
---@field organization_id string Organization, org_...
---@field body convoke.clerk.OrganizationInvitationRowParams[] The rows, of which each becomes one (at most 10 elements; at least 1 elements)

---@class convoke.clerk.organization_invitations.create_bulk.ParamsBesidePath: table<"organization_id"|"body", any>
---@field organization_id? string Organization, org_...
---@field body convoke.clerk.OrganizationInvitationRowParams[] The rows, of which each becomes one (at most 10 elements; at least 1 elements)

---@class convoke.clerk.organization_invitations.list_pending.Params: table<"organization_id"|"limit"|"offset", any>
---@field organization_id string Organization, org_...
---@field limit? integer|convoke.Int64 Results per page (1 to 500; default 10)
---@field offset? integer|convoke.Int64 Results to skip (from 0; default 0)

---@class convoke.clerk.organization_invitations.list_pending.ParamsBesidePath: table<"organization_id"|"limit"|"offset", any>
---@field organization_id? string Organization, org_...
---@field limit? integer|convoke.Int64 Results per page (1 to 500; default 10)
---@field offset? integer|convoke.Int64 Results to skip (from 0; default 0)

---@class convoke.clerk.organization_invitations.get.Params: table<"organization_id"|"invitation_id", any>
---@field organization_id string Organization, org_...
---@field invitation_id string Invitation id, orginv_...

---@class convoke.clerk.organization_invitations.revoke.Params: table<"organization_id"|"invitation_id"|"requesting_user_id", any>
---@field organization_id string Organization, org_...
---@field invitation_id string Invitation id, orginv_...
---@field requesting_user_id? string|convoke.Null Member who revokes

---@class convoke.clerk.organization_invitations.revoke.ParamsBesidePath: table<"organization_id"|"invitation_id"|"requesting_user_id", any>
---@field organization_id? string Organization, org_...
---@field invitation_id? string Invitation id, orginv_...
---@field requesting_user_id? string|convoke.Null Member who revokes

---@class convoke.clerk.organization_invitations.list_all.Params: table<"order_by"|"status"|"query"|"limit"|"offset", any>
---@field order_by? string What to sort by, after + or - (default "-created_at")
---@field status? "pending"|"accepted"|"revoked"|"expired" Where it stands
---@field query? string Match on address or id
---@field limit? integer|convoke.Int64 Results per page (1 to 500; default 10)
---@field offset? integer|convoke.Int64 Results to skip (from 0; default 0)

---@class convoke.clerk.organization_invitations.list_of_user.Params: table<"user_id"|"limit"|"offset"|"status", any>
---@field user_id string User, user_...
---@field limit? integer|convoke.Int64 Results per page (1 to 500; default 10)
---@field offset? integer|convoke.Int64 Results to skip (from 0; default 0)
---@field status? "pending"|"accepted"|"revoked"|"expired" Where it stands

---@class convoke.clerk.organization_invitations.list_of_user.ParamsBesidePath: table<"user_id"|"limit"|"offset"|"status", any>
---@field user_id? string User, user_...
---@field limit? integer|convoke.Int64 Results per page (1 to 500; default 10)
---@field offset? integer|convoke.Int64 Results to skip (from 0; default 0)
---@field status? "pending"|"accepted"|"revoked"|"expired" Where it stands

---@class convoke.clerk.organization_invitations
local organization_invitations = {}

--- Invite an address into an organization.
---
--- `POST /organizations/{organization_id}/invitations`, the vendor's `CreateOrganizationInvitation`.
---@overload fun(self: convoke.clerk.organization_invitations, params: convoke.clerk.organization_invitations.create.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation?, convoke.Error?, convoke.Meta?
---@param organization_id string Organization, org_...
---@param params convoke.clerk.organization_invitations.create.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.clerk.OrganizationInvitation? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.OrganizationInvitation, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_invitations:create(organization_id, params, options) end

--- List the invitations of an organization.
---
--- `GET /organizations/{organization_id}/invitations`, the vendor's `ListOrganizationInvitations`. It only reads.
---@overload fun(self: convoke.clerk.organization_invitations, params: convoke.clerk.organization_invitations.list.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitations?, convoke.Error?, convoke.Meta?
---@param organization_id string Organization, org_...
---@param params? convoke.clerk.organization_invitations.list.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.clerk.OrganizationInvitations? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.OrganizationInvitations, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_invitations:list(organization_id, params, options) end

--- Walks all pages: List the invitations of an organization. An error is raised.
---@overload fun(self: convoke.clerk.organization_invitations, params: convoke.clerk.organization_invitations.list.Params, options?: convoke.CallOptions): fun(): convoke.clerk.OrganizationInvitation?
---@param organization_id string Organization, org_...
---@param params? convoke.clerk.organization_invitations.list.ParamsBesidePath
---@param options? convoke.CallOptions
---@return fun(): convoke.clerk.OrganizationInvitation?
function organization_invitations:each(organization_id, params, options) end

--- Reads all pages: List the invitations of an organization.
---@overload fun(self: convoke.clerk.organization_invitations, params: convoke.clerk.organization_invitations.list.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation[]?, convoke.Error?
---@param organization_id string Organization, org_...
---@param params? convoke.clerk.organization_invitations.list.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.clerk.OrganizationInvitation[]? elements
---@return convoke.Error? err
---@return_overload convoke.clerk.OrganizationInvitation[], nil
---@return_overload nil, convoke.Error
function organization_invitations:all(organization_id, params, options) end

--- Invite up to 10 addresses into an organization in one request.
---
--- `POST /organizations/{organization_id}/invitations/bulk`, the vendor's `CreateOrganizationInvitationBulk`.
---@overload fun(self: convoke.clerk.organization_invitations, params: convoke.clerk.organization_invitations.create_bulk.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitations?, convoke.Error?, convoke.Meta?
---@param organization_id string Organization, org_...
---@param params convoke.clerk.organization_invitations.create_bulk.ParamsBesidePath|convoke.clerk.OrganizationInvitationRowParams[]
---@param options? convoke.CallOptions
---@return convoke.clerk.OrganizationInvitations? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.OrganizationInvitations, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_invitations:create_bulk(organization_id, params, options) end

--- List pending invitations of an organization (deprecated).
---
--- `GET /organizations/{organization_id}/invitations/pending`, the vendor's `ListPendingOrganizationInvitations`. It only reads.
---@overload fun(self: convoke.clerk.organization_invitations, params: convoke.clerk.organization_invitations.list_pending.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitations?, convoke.Error?, convoke.Meta?
---@param organization_id string Organization, org_...
---@param params? convoke.clerk.organization_invitations.list_pending.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.clerk.OrganizationInvitations? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.OrganizationInvitations, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_invitations:list_pending(organization_id, params, options) end

--- Read an invitation of an organization.
---
--- `GET /organizations/{organization_id}/invitations/{invitation_id}`, the vendor's `GetOrganizationInvitation`. It only reads.
---@overload fun(self: convoke.clerk.organization_invitations, params: convoke.clerk.organization_invitations.get.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation?, convoke.Error?, convoke.Meta?
---@param organization_id string Organization, org_...
---@param invitation_id string Invitation id, orginv_...
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.clerk.OrganizationInvitation? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.OrganizationInvitation, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_invitations:get(organization_id, invitation_id, params, options) end

--- Make a pending invitation of an organization unusable.
---
--- `POST /organizations/{organization_id}/invitations/{invitation_id}/revoke`, the vendor's `RevokeOrganizationInvitation`. A repeat changes no more than one call.
---@overload fun(self: convoke.clerk.organization_invitations, params: convoke.clerk.organization_invitations.revoke.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation?, convoke.Error?, convoke.Meta?
---@param organization_id string Organization, org_...
---@param invitation_id string Invitation id, orginv_...
---@param params? convoke.clerk.organization_invitations.revoke.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.clerk.OrganizationInvitation? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.OrganizationInvitation, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_invitations:revoke(organization_id, invitation_id, params, options) end

--- List the invitations of all organizations.
---
--- `GET /organization_invitations`, the vendor's `ListInstanceOrganizationInvitations`. It only reads.
---@param params? convoke.clerk.organization_invitations.list_all.Params
---@param options? convoke.CallOptions
---@return convoke.clerk.InvitationsOfOrganizations? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.InvitationsOfOrganizations, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_invitations:list_all(params, options) end

--- List the organization invitations of a user.
---
--- `GET /users/{user_id}/organization_invitations`, the vendor's `UsersGetOrganizationInvitations`. It only reads.
---@overload fun(self: convoke.clerk.organization_invitations, params: convoke.clerk.organization_invitations.list_of_user.Params, options?: convoke.CallOptions): convoke.clerk.InvitationsOfOrganizations?, convoke.Error?, convoke.Meta?
---@param user_id string User, user_...
---@param params? convoke.clerk.organization_invitations.list_of_user.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.clerk.InvitationsOfOrganizations? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.InvitationsOfOrganizations, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_invitations:list_of_user(user_id, params, options) end

---@class convoke.clerk.sessions.list.Params: table<"client_id"|"user_id"|"status"|"paginated"|"limit"|"offset", any>
---@field client_id? string Client, client_...
---@field user_id? string User, user_...
---@field status? "abandoned"|"active"|"ended"|"expired"|"removed"|"replaced"|"revoked" Where it stands
---@field paginated? boolean Answer with data and total_count instead of an array
---@field limit? integer|convoke.Int64 Results per page (1 to 500; default 10)
---@field offset? integer|convoke.Int64 Results to skip (from 0; default 0)

---@class convoke.clerk.sessions.create.Params: table<"user_id"|"active_organization_id", any>
---@field user_id string User, user_...
---@field active_organization_id? string Organization of the session

---@class convoke.clerk.sessions.get.Params: table<"session_id", any>
---@field session_id string Session id, sess_...

---@class convoke.clerk.sessions.revoke.Params: table<"session_id", any>
---@field session_id string Session id, sess_...

---@class convoke.clerk.sessions.refresh.Params: table<"session_id"|"suffixed_cookies"|"expired_token"|"refresh_token"|"request_origin"|"request_headers"|"format"|"request_originating_ip", any>
---@field session_id string Session id, sess_...
---@field suffixed_cookies? boolean Sent by js only
---@field expired_token string Session token that has run out
---@field refresh_token string Refresh token of the session
---@field request_origin string Origin of the request
---@field request_headers? table<string, any>|convoke.Null Headers of the request
---@field format? "token"|"cookie"|convoke.Null Token or cookies (default "token")
---@field request_originating_ip? string|convoke.Null Address of who asked

---@class convoke.clerk.sessions.refresh.ParamsBesidePath: table<"session_id"|"suffixed_cookies"|"expired_token"|"refresh_token"|"request_origin"|"request_headers"|"format"|"request_originating_ip", any>
---@field session_id? string Session id, sess_...
---@field suffixed_cookies? boolean Sent by js only
---@field expired_token string Session token that has run out
---@field refresh_token string Refresh token of the session
---@field request_origin string Origin of the request
---@field request_headers? table<string, any>|convoke.Null Headers of the request
---@field format? "token"|"cookie"|convoke.Null Token or cookies (default "token")
---@field request_originating_ip? string|convoke.Null Address of who asked

---@class convoke.clerk.sessions.create_token.Params: table<"session_id"|"expires_in_seconds", any>
---@field session_id string Session id, sess_...
---@field expires_in_seconds? integer|convoke.Int64|convoke.Null Validity of the token (30 to 315360000)

---@class convoke.clerk.sessions.create_token.ParamsBesidePath: table<"session_id"|"expires_in_seconds", any>
---@field session_id? string Session id, sess_...
---@field expires_in_seconds? integer|convoke.Int64|convoke.Null Validity of the token (30 to 315360000)

---@class convoke.clerk.sessions.create_token_from_template.Params: table<"session_id"|"template_name"|"expires_in_seconds", any>
---@field session_id string Session id, sess_...
---@field template_name string Name of the JWT template
---@field expires_in_seconds? integer|convoke.Int64|convoke.Null Validity of the token (30 to 315360000)

---@class convoke.clerk.sessions.create_token_from_template.ParamsBesidePath: table<"session_id"|"template_name"|"expires_in_seconds", any>
---@field session_id? string Session id, sess_...
---@field template_name? string Name of the JWT template
---@field expires_in_seconds? integer|convoke.Int64|convoke.Null Validity of the token (30 to 315360000)

---@class convoke.clerk.sessions.verify.Params: table<"session_id"|"token", any>
---@field session_id string Session id, sess_...
---@field token? string Token to verify

---@class convoke.clerk.sessions.verify.ParamsBesidePath: table<"session_id"|"token", any>
---@field session_id? string Session id, sess_...
---@field token? string Token to verify

---@class convoke.clerk.sessions
local sessions = {}

--- List the sessions of a user or a client.
---
--- `GET /sessions`, the vendor's `GetSessionList`. It only reads.
---@param params? convoke.clerk.sessions.list.Params
---@param options? convoke.CallOptions
---@return convoke.clerk.PaginatedSessionsOrList? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.PaginatedSessionsOrList, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:list(params, options) end

--- Walks all pages: List the sessions of a user or a client. An error is raised.
---@param params? convoke.clerk.sessions.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.clerk.Session?
function sessions:each(params, options) end

--- Reads all pages: List the sessions of a user or a client.
---@param params? convoke.clerk.sessions.list.Params
---@param options? convoke.CallOptions
---@return convoke.clerk.Session[]? elements
---@return convoke.Error? err
---@return_overload convoke.clerk.Session[], nil
---@return_overload nil, convoke.Error
function sessions:all(params, options) end

--- Create a session, on development instances only.
---
--- `POST /sessions`, the vendor's `createSession`.
---@param params convoke.clerk.sessions.create.Params
---@param options? convoke.CallOptions
---@return convoke.clerk.Session? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.Session, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:create(params, options) end

--- Read a session.
---
--- `GET /sessions/{session_id}`, the vendor's `GetSession`. It only reads.
---@overload fun(self: convoke.clerk.sessions, params: convoke.clerk.sessions.get.Params, options?: convoke.CallOptions): convoke.clerk.Session?, convoke.Error?, convoke.Meta?
---@param session_id string Session id, sess_...
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.clerk.Session? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.Session, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:get(session_id, params, options) end

--- Sign a session out.
---
--- `POST /sessions/{session_id}/revoke`, the vendor's `RevokeSession`. A repeat changes no more than one call.
---@overload fun(self: convoke.clerk.sessions, params: convoke.clerk.sessions.revoke.Params, options?: convoke.CallOptions): convoke.clerk.Session?, convoke.Error?, convoke.Meta?
---@param session_id string Session id, sess_...
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.clerk.Session? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.Session, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:revoke(session_id, params, options) end

--- Exchange a refresh token for a session token; for SDKs.
---
--- `POST /sessions/{session_id}/refresh`, the vendor's `RefreshSession`.
---@overload fun(self: convoke.clerk.sessions, params: convoke.clerk.sessions.refresh.Params, options?: convoke.CallOptions): convoke.clerk.SessionRefresh?, convoke.Error?, convoke.Meta?
---@param session_id string Session id, sess_...
---@param params convoke.clerk.sessions.refresh.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.clerk.SessionRefresh? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.SessionRefresh, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:refresh(session_id, params, options) end

--- Make a token of a session.
---
--- `POST /sessions/{session_id}/tokens`, the vendor's `CreateSessionToken`. A repeat changes no more than one call.
---@overload fun(self: convoke.clerk.sessions, params: convoke.clerk.sessions.create_token.Params, options?: convoke.CallOptions): convoke.clerk.SessionToken?, convoke.Error?, convoke.Meta?
---@param session_id string Session id, sess_...
---@param params? convoke.clerk.sessions.create_token.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.clerk.SessionToken? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.SessionToken, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:create_token(session_id, params, options) end

--- Make a token of a session by a template.
---
--- `POST /sessions/{session_id}/tokens/{template_name}`, the vendor's `CreateSessionTokenFromTemplate`. A repeat changes no more than one call.
---@overload fun(self: convoke.clerk.sessions, params: convoke.clerk.sessions.create_token_from_template.Params, options?: convoke.CallOptions): convoke.clerk.SessionToken?, convoke.Error?, convoke.Meta?
---@param session_id string Session id, sess_...
---@param template_name string Name of the JWT template
---@param params? convoke.clerk.sessions.create_token_from_template.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.clerk.SessionToken? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.SessionToken, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:create_token_from_template(session_id, template_name, params, options) end

--- Verify a token of a session; gone since version 2025-04-10.
---
--- `POST /sessions/{session_id}/verify`, the vendor's `VerifySession`. A repeat changes no more than one call.
---@overload fun(self: convoke.clerk.sessions, params: convoke.clerk.sessions.verify.Params, options?: convoke.CallOptions): convoke.clerk.Session?, convoke.Error?, convoke.Meta?
---@param session_id string Session id, sess_...
---@param params? convoke.clerk.sessions.verify.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.clerk.Session? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.Session, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:verify(session_id, params, options) end

---@class convoke.clerk.waitlist_entries.list.Params: table<"limit"|"offset"|"query"|"status"|"order_by", any>
---@field limit? integer|convoke.Int64 Results per page (1 to 500; default 10)
---@field offset? integer|convoke.Int64 Results to skip (from 0; default 0)
---@field query? string Match on address or id
---@field status? "pending"|"invited"|"completed"|"rejected" Where it stands
---@field order_by? string What to sort by, after + or - (default "-created_at")

---@class convoke.clerk.waitlist_entries.create.Params: table<"email_address"|"notify", any>
---@field email_address string Whose address
---@field notify? boolean|convoke.Null Whether to send the e-mail (default true)

---@class convoke.clerk.waitlist_entries.create_bulk.Params: table<"body", any>
---@field body convoke.clerk.WaitlistRowParams[] The rows, of which each becomes one (at most 50 elements; at least 1 elements)

---@class convoke.clerk.waitlist_entries.delete.Params: table<"waitlist_entry_id", any>
---@field waitlist_entry_id string Entry of the waitlist

---@class convoke.clerk.waitlist_entries.invite.Params: table<"waitlist_entry_id"|"ignore_existing", any>
---@field waitlist_entry_id string Entry of the waitlist
---@field ignore_existing? boolean|convoke.Null Also if the address is invited already or has a user (default false)

---@class convoke.clerk.waitlist_entries.invite.ParamsBesidePath: table<"waitlist_entry_id"|"ignore_existing", any>
---@field waitlist_entry_id? string Entry of the waitlist
---@field ignore_existing? boolean|convoke.Null Also if the address is invited already or has a user (default false)

---@class convoke.clerk.waitlist_entries.reject.Params: table<"waitlist_entry_id", any>
---@field waitlist_entry_id string Entry of the waitlist

---@class convoke.clerk.waitlist_entries
local waitlist_entries = {}

--- List waitlist entries.
---
--- `GET /waitlist_entries`, the vendor's `ListWaitlistEntries`. It only reads.
---@param params? convoke.clerk.waitlist_entries.list.Params
---@param options? convoke.CallOptions
---@return convoke.clerk.WaitlistEntries? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.WaitlistEntries, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function waitlist_entries:list(params, options) end

--- Walks all pages: List waitlist entries. An error is raised.
---@param params? convoke.clerk.waitlist_entries.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.clerk.WaitlistEntry?
function waitlist_entries:each(params, options) end

--- Reads all pages: List waitlist entries.
---@param params? convoke.clerk.waitlist_entries.list.Params
---@param options? convoke.CallOptions
---@return convoke.clerk.WaitlistEntry[]? elements
---@return convoke.Error? err
---@return_overload convoke.clerk.WaitlistEntry[], nil
---@return_overload nil, convoke.Error
function waitlist_entries:all(params, options) end

--- Put an address on the waitlist; one that is there comes back.
---
--- `POST /waitlist_entries`, the vendor's `CreateWaitlistEntry`.
---@param params convoke.clerk.waitlist_entries.create.Params
---@param options? convoke.CallOptions
---@return convoke.clerk.WaitlistEntry? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.WaitlistEntry, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function waitlist_entries:create(params, options) end

--- Put up to 50 addresses on the waitlist in one request.
---
--- `POST /waitlist_entries/bulk`, the vendor's `CreateBulkWaitlistEntries`.
---@param params convoke.clerk.waitlist_entries.create_bulk.Params|convoke.clerk.WaitlistRowParams[]
---@param options? convoke.CallOptions
---@return convoke.clerk.WaitlistEntry[]? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.WaitlistEntry[], nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function waitlist_entries:create_bulk(params, options) end

--- Delete a pending waitlist entry.
---
--- `DELETE /waitlist_entries/{waitlist_entry_id}`, the vendor's `DeleteWaitlistEntry`. A repeat changes no more than one call.
---@overload fun(self: convoke.clerk.waitlist_entries, params: convoke.clerk.waitlist_entries.delete.Params, options?: convoke.CallOptions): convoke.clerk.DeletedObject?, convoke.Error?, convoke.Meta?
---@param waitlist_entry_id string Entry of the waitlist
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.clerk.DeletedObject? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.DeletedObject, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function waitlist_entries:delete(waitlist_entry_id, params, options) end

--- Send an invitation to an entry of the waitlist.
---
--- `POST /waitlist_entries/{waitlist_entry_id}/invite`, the vendor's `InviteWaitlistEntry`.
---@overload fun(self: convoke.clerk.waitlist_entries, params: convoke.clerk.waitlist_entries.invite.Params, options?: convoke.CallOptions): convoke.clerk.WaitlistEntry?, convoke.Error?, convoke.Meta?
---@param waitlist_entry_id string Entry of the waitlist
---@param params? convoke.clerk.waitlist_entries.invite.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.clerk.WaitlistEntry? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.WaitlistEntry, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function waitlist_entries:invite(waitlist_entry_id, params, options) end

--- Reject an entry of the waitlist.
---
--- `POST /waitlist_entries/{waitlist_entry_id}/reject`, the vendor's `RejectWaitlistEntry`. A repeat changes no more than one call.
---@overload fun(self: convoke.clerk.waitlist_entries, params: convoke.clerk.waitlist_entries.reject.Params, options?: convoke.CallOptions): convoke.clerk.WaitlistEntry?, convoke.Error?, convoke.Meta?
---@param waitlist_entry_id string Entry of the waitlist
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.clerk.WaitlistEntry? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.clerk.WaitlistEntry, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function waitlist_entries:reject(waitlist_entry_id, params, options) end

---@class convoke.clerk.Client: convoke.Client Clerk Backend API
---@field invitations convoke.clerk.invitations
---@field organization_invitations convoke.clerk.organization_invitations
---@field sessions convoke.clerk.sessions
---@field waitlist_entries convoke.clerk.waitlist_entries
local client = {}

--- Calls an operation by the vendor's name.
---@overload fun(self: convoke.clerk.Client, id: "CreateBulkWaitlistEntries", params: convoke.clerk.waitlist_entries.create_bulk.Params|convoke.clerk.WaitlistRowParams[], options?: convoke.CallOptions): convoke.clerk.WaitlistEntry[]?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "CreateOrganizationInvitation", organization_id: string, params: convoke.clerk.organization_invitations.create.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "CreateOrganizationInvitation", params: convoke.clerk.organization_invitations.create.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "CreateOrganizationInvitationBulk", organization_id: string, params: convoke.clerk.organization_invitations.create_bulk.ParamsBesidePath|convoke.clerk.OrganizationInvitationRowParams[], options?: convoke.CallOptions): convoke.clerk.OrganizationInvitations?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "CreateOrganizationInvitationBulk", params: convoke.clerk.organization_invitations.create_bulk.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitations?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "CreateSessionToken", session_id: string, params?: convoke.clerk.sessions.create_token.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.SessionToken?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "CreateSessionToken", params: convoke.clerk.sessions.create_token.Params, options?: convoke.CallOptions): convoke.clerk.SessionToken?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "CreateSessionTokenFromTemplate", session_id: string, template_name: string, params?: convoke.clerk.sessions.create_token_from_template.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.SessionToken?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "CreateSessionTokenFromTemplate", params: convoke.clerk.sessions.create_token_from_template.Params, options?: convoke.CallOptions): convoke.clerk.SessionToken?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "CreateWaitlistEntry", params: convoke.clerk.waitlist_entries.create.Params, options?: convoke.CallOptions): convoke.clerk.WaitlistEntry?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "DeleteWaitlistEntry", waitlist_entry_id: string, params?: {}, options?: convoke.CallOptions): convoke.clerk.DeletedObject?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "DeleteWaitlistEntry", params: convoke.clerk.waitlist_entries.delete.Params, options?: convoke.CallOptions): convoke.clerk.DeletedObject?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "GetOrganizationInvitation", organization_id: string, invitation_id: string, params?: {}, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "GetOrganizationInvitation", params: convoke.clerk.organization_invitations.get.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "GetSession", session_id: string, params?: {}, options?: convoke.CallOptions): convoke.clerk.Session?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "GetSession", params: convoke.clerk.sessions.get.Params, options?: convoke.CallOptions): convoke.clerk.Session?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "GetSessionList", params?: convoke.clerk.sessions.list.Params, options?: convoke.CallOptions): convoke.clerk.PaginatedSessionsOrList?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "InviteWaitlistEntry", waitlist_entry_id: string, params?: convoke.clerk.waitlist_entries.invite.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.WaitlistEntry?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "InviteWaitlistEntry", params: convoke.clerk.waitlist_entries.invite.Params, options?: convoke.CallOptions): convoke.clerk.WaitlistEntry?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "ListInstanceOrganizationInvitations", params?: convoke.clerk.organization_invitations.list_all.Params, options?: convoke.CallOptions): convoke.clerk.InvitationsOfOrganizations?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "ListOrganizationInvitations", organization_id: string, params?: convoke.clerk.organization_invitations.list.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitations?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "ListOrganizationInvitations", params: convoke.clerk.organization_invitations.list.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitations?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "ListPendingOrganizationInvitations", organization_id: string, params?: convoke.clerk.organization_invitations.list_pending.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitations?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "ListPendingOrganizationInvitations", params: convoke.clerk.organization_invitations.list_pending.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitations?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "ListWaitlistEntries", params?: convoke.clerk.waitlist_entries.list.Params, options?: convoke.CallOptions): convoke.clerk.WaitlistEntries?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "RefreshSession", session_id: string, params: convoke.clerk.sessions.refresh.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.SessionRefresh?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "RefreshSession", params: convoke.clerk.sessions.refresh.Params, options?: convoke.CallOptions): convoke.clerk.SessionRefresh?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "RejectWaitlistEntry", waitlist_entry_id: string, params?: {}, options?: convoke.CallOptions): convoke.clerk.WaitlistEntry?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "RejectWaitlistEntry", params: convoke.clerk.waitlist_entries.reject.Params, options?: convoke.CallOptions): convoke.clerk.WaitlistEntry?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "RevokeOrganizationInvitation", organization_id: string, invitation_id: string, params?: convoke.clerk.organization_invitations.revoke.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "RevokeOrganizationInvitation", params: convoke.clerk.organization_invitations.revoke.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "RevokeSession", session_id: string, params?: {}, options?: convoke.CallOptions): convoke.clerk.Session?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "RevokeSession", params: convoke.clerk.sessions.revoke.Params, options?: convoke.CallOptions): convoke.clerk.Session?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "UsersGetOrganizationInvitations", user_id: string, params?: convoke.clerk.organization_invitations.list_of_user.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.InvitationsOfOrganizations?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "UsersGetOrganizationInvitations", params: convoke.clerk.organization_invitations.list_of_user.Params, options?: convoke.CallOptions): convoke.clerk.InvitationsOfOrganizations?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "VerifySession", session_id: string, params?: convoke.clerk.sessions.verify.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.Session?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "VerifySession", params: convoke.clerk.sessions.verify.Params, options?: convoke.CallOptions): convoke.clerk.Session?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "createSession", params: convoke.clerk.sessions.create.Params, options?: convoke.CallOptions): convoke.clerk.Session?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "create_invitation", params: convoke.clerk.invitations.create.Params, options?: convoke.CallOptions): convoke.clerk.Invitation?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "list_invitations", params?: convoke.clerk.invitations.list.Params, options?: convoke.CallOptions): convoke.clerk.PaginatedInvitationsOrList?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "revoke_invitation", invitation_id: string, params?: {}, options?: convoke.CallOptions): convoke.clerk.Invitation?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.clerk.Client, id: "revoke_invitation", params: convoke.clerk.invitations.revoke.Params, options?: convoke.CallOptions): convoke.clerk.Invitation?, convoke.Error?, convoke.Meta?
---@param id "CreateBulkInvitations"
---@param params convoke.clerk.invitations.create_bulk.Params|convoke.clerk.InvitationRowParams[]
---@param options? convoke.CallOptions
---@return convoke.clerk.Invitation[]?
---@return convoke.Error?
---@return convoke.Meta?
function client:call(id, params, options) end

--- Walks all pages of a listing, by the vendor's name; an error is raised.
---@overload fun(self: convoke.clerk.Client, id: "ListInstanceOrganizationInvitations", params?: convoke.clerk.organization_invitations.list_all.Params, options?: convoke.CallOptions): fun(): convoke.clerk.InvitationOfOrganization?
---@overload fun(self: convoke.clerk.Client, id: "ListOrganizationInvitations", organization_id: string, params?: convoke.clerk.organization_invitations.list.ParamsBesidePath, options?: convoke.CallOptions): fun(): convoke.clerk.OrganizationInvitation?
---@overload fun(self: convoke.clerk.Client, id: "ListOrganizationInvitations", params: convoke.clerk.organization_invitations.list.Params, options?: convoke.CallOptions): fun(): convoke.clerk.OrganizationInvitation?
---@overload fun(self: convoke.clerk.Client, id: "ListPendingOrganizationInvitations", organization_id: string, params?: convoke.clerk.organization_invitations.list_pending.ParamsBesidePath, options?: convoke.CallOptions): fun(): convoke.clerk.OrganizationInvitation?
---@overload fun(self: convoke.clerk.Client, id: "ListPendingOrganizationInvitations", params: convoke.clerk.organization_invitations.list_pending.Params, options?: convoke.CallOptions): fun(): convoke.clerk.OrganizationInvitation?
---@overload fun(self: convoke.clerk.Client, id: "ListWaitlistEntries", params?: convoke.clerk.waitlist_entries.list.Params, options?: convoke.CallOptions): fun(): convoke.clerk.WaitlistEntry?
---@overload fun(self: convoke.clerk.Client, id: "UsersGetOrganizationInvitations", user_id: string, params?: convoke.clerk.organization_invitations.list_of_user.ParamsBesidePath, options?: convoke.CallOptions): fun(): convoke.clerk.InvitationOfOrganization?
---@overload fun(self: convoke.clerk.Client, id: "UsersGetOrganizationInvitations", params: convoke.clerk.organization_invitations.list_of_user.Params, options?: convoke.CallOptions): fun(): convoke.clerk.InvitationOfOrganization?
---@overload fun(self: convoke.clerk.Client, id: "list_invitations", params?: convoke.clerk.invitations.list.Params, options?: convoke.CallOptions): fun(): convoke.clerk.Invitation?
---@param id "GetSessionList"
---@param params? convoke.clerk.sessions.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.clerk.Session?
function client:each(id, params, options) end

--- Reads all pages of a listing, by the vendor's name.
---@overload fun(self: convoke.clerk.Client, id: "ListInstanceOrganizationInvitations", params?: convoke.clerk.organization_invitations.list_all.Params, options?: convoke.CallOptions): convoke.clerk.InvitationOfOrganization[]?, convoke.Error?
---@overload fun(self: convoke.clerk.Client, id: "ListOrganizationInvitations", organization_id: string, params?: convoke.clerk.organization_invitations.list.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation[]?, convoke.Error?
---@overload fun(self: convoke.clerk.Client, id: "ListOrganizationInvitations", params: convoke.clerk.organization_invitations.list.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation[]?, convoke.Error?
---@overload fun(self: convoke.clerk.Client, id: "ListPendingOrganizationInvitations", organization_id: string, params?: convoke.clerk.organization_invitations.list_pending.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation[]?, convoke.Error?
---@overload fun(self: convoke.clerk.Client, id: "ListPendingOrganizationInvitations", params: convoke.clerk.organization_invitations.list_pending.Params, options?: convoke.CallOptions): convoke.clerk.OrganizationInvitation[]?, convoke.Error?
---@overload fun(self: convoke.clerk.Client, id: "ListWaitlistEntries", params?: convoke.clerk.waitlist_entries.list.Params, options?: convoke.CallOptions): convoke.clerk.WaitlistEntry[]?, convoke.Error?
---@overload fun(self: convoke.clerk.Client, id: "UsersGetOrganizationInvitations", user_id: string, params?: convoke.clerk.organization_invitations.list_of_user.ParamsBesidePath, options?: convoke.CallOptions): convoke.clerk.InvitationOfOrganization[]?, convoke.Error?
---@overload fun(self: convoke.clerk.Client, id: "UsersGetOrganizationInvitations", params: convoke.clerk.organization_invitations.list_of_user.Params, options?: convoke.CallOptions): convoke.clerk.InvitationOfOrganization[]?, convoke.Error?
---@overload fun(self: convoke.clerk.Client, id: "list_invitations", params?: convoke.clerk.invitations.list.Params, options?: convoke.CallOptions): convoke.clerk.Invitation[]?, convoke.Error?
---@param id "GetSessionList"
---@param params? convoke.clerk.sessions.list.Params
---@param options? convoke.CallOptions
---@return convoke.clerk.Session[]?
---@return convoke.Error?
function client:all(id, params, options) end

---@class convoke
---@field clerk fun(options?: convoke.clerk.Options): convoke.clerk.Client Makes a client of the Clerk Backend API
