---@meta convoke.meta.cvat
-- Annotations of the CVAT server for editors, written by `make meta`.

---@class convoke.cvat.BasicUser
---@field url? string Address of the account (uri)
---@field id? integer Account number
---@field username string Login name (at most 150 characters)
---@field first_name? string First name (at most 150 characters)
---@field last_name? string Last name (at most 150 characters)

---@class convoke.cvat.BasicOrganization
---@field id? integer Organization number
---@field slug? string Short name

---@class convoke.cvat.InvitationRead
---@field key? string 64 random letters and digits
---@field created_date? string Creation (date-time)
---@field owner? convoke.cvat.BasicUser Who invites; null once that account is deleted
---@field role "worker"|"supervisor"|"maintainer"|"owner"|string Role in the organization
---@field user convoke.cvat.BasicUser Who is invited
---@field organization integer Organization number
---@field expired? boolean From server version 2.10 on
---@field organization_info? convoke.cvat.BasicOrganization From server version 2.10 on
---@field accepted? boolean From server version 2.65 on

---@class convoke.cvat.PaginatedInvitationReadList
---@field count? integer Invitations on all pages
---@field next? string The next page (uri)
---@field previous? string The page before (uri)
---@field results? convoke.cvat.InvitationRead[] One page

---@class convoke.cvat.AcceptedInvitation
---@field organization_slug string Where one is now

---@class convoke.cvat.MembershipRead
---@field id? integer Membership number
---@field user convoke.cvat.BasicUser Who is a member
---@field organization? integer Organization number
---@field is_active? boolean False until the invitee has accepted
---@field joined_date? string When that was; null until then (date-time)
---@field role? "worker"|"supervisor"|"maintainer"|"owner"|string Role in the organization
---@field invitation? string Key of the invitation; null once that is deleted

---@class convoke.cvat.PaginatedMembershipReadList
---@field count integer Memberships on all pages
---@field next? string The next page (uri)
---@field previous? string The page before (uri)
---@field results convoke.cvat.MembershipRead[] One page

---@class convoke.cvat.OrganizationRead
---@field id? integer Organization number
---@field slug? string Short name (at most 16 characters)
---@field name? string Full name (at most 64 characters)
---@field description? string What it is about
---@field created_date? string Creation (date-time)
---@field updated_date? string Last change (date-time)
---@field contact? table<string, any> How to reach it
---@field owner? convoke.cvat.BasicUser Whose it is

---@class convoke.cvat.PaginatedOrganizationReadList
---@field count integer Organizations on all pages
---@field next? string The next page (uri)
---@field previous? string The page before (uri)
---@field results convoke.cvat.OrganizationRead[] One page

---@class convoke.cvat.MetaUser
---@field url? string Address of the account (uri)
---@field id integer Account number
---@field username string Login name
---@field first_name? string First name
---@field last_name? string Last name
---@field email? string E-mail address
---@field groups string[] Such as user or admin
---@field is_staff? boolean May use the server's own pages
---@field is_superuser? boolean May do anything
---@field is_active? boolean May log in
---@field last_login? string Last login (date-time)
---@field date_joined? string Creation (date-time)

---@class convoke.cvat.Token
---@field key string For the option token; the same one at each login (at most 40 characters)

---@class convoke.cvat.Detail
---@field detail string What was done

---@class convoke.cvat.About
---@field name string What the server is
---@field description string The same at length
---@field version string Such as 2.15.0
---@field logo_url? string From server version 2.30 on
---@field subtitle? string From server version 2.30 on

---@class convoke.cvat.Options: convoke.ClientOptions, table<"url"|"timeout"|"connect_timeout"|"retries"|"rate"|"rate_dict"|"max_in_flight"|"max_response_bytes"|"http_version"|"proxy"|"ca_file"|"cert"|"key"|"allow_http"|"user_agent"|"log"|"hooks"|"transport"|"access_token"|"token"|"username"|"password"|"session_id"|"csrf_token"|"signature"|"org"|"org_id", any>
---@field access_token? string|fun(refused?: boolean): string Personal access token (server version 2.48 on); the environment variable CVAT_ACCESS_TOKEN
---@field token? string|fun(refused?: boolean): string Key that a login returns
---@field username? string User name and password
---@field password? string Goes together with `username`
---@field session_id? string|fun(refused?: boolean): string Browser session and its CSRF token
---@field csrf_token? string Goes together with `session_id`
---@field signature? string|fun(refused?: boolean): string Signature of one URL, made with the server's own key (until version 2.45)
---@field org? string Organization slug for every call; empty for the personal sandbox
---@field org_id? integer Organization number for every call, in place of org

---@class convoke.cvat.CallOptions: convoke.CommonCallOptions, table<"timeout"|"retries"|"deadline"|"headers"|"allow_empty"|"reconcile"|"traceparent"|"tracestate"|"org"|"org_id", any>
---@field org? string Organization slug for every call; empty for the personal sandbox
---@field org_id? integer Organization number for every call, in place of org

---@class convoke.cvat.invitations.create.Params: table<"X-Organization"|"org"|"org_id"|"role"|"email", any>
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number
---@field role "worker"|"supervisor"|"maintainer"|"owner" Role in the organization
---@field email string Address to invite (at least 1 characters; email)

---@class convoke.cvat.invitations.delete.Params: table<"key"|"X-Organization"|"org"|"org_id", any>
---@field key string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.invitations.delete.ParamsBesidePath: table<"key"|"X-Organization"|"org"|"org_id", any>
---@field key? string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.invitations.list.Params: table<"X-Organization"|"org"|"org_id"|"filter"|"page"|"page_size"|"search"|"sort", any>
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number
---@field filter? string JSON Logic text over owner; since server version 2.10 user_id and accepted, too
---@field page? integer|convoke.Int64 Page number from 1 (default 1)
---@field page_size? integer|convoke.Int64|"all" Results per page, or all (default 10)
---@field search? string Text in the owner's name
---@field sort? string owner or created_date, after - for descending (default "-created_date")

---@class convoke.cvat.invitations.update.Params: table<"key"|"X-Organization"|"org"|"org_id"|"role"|"email", any>
---@field key string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number
---@field role? "worker"|"supervisor"|"maintainer"|"owner" Checked, then ignored by the server
---@field email? string Checked, then ignored by the server (at least 1 characters; email)

---@class convoke.cvat.invitations.update.ParamsBesidePath: table<"key"|"X-Organization"|"org"|"org_id"|"role"|"email", any>
---@field key? string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number
---@field role? "worker"|"supervisor"|"maintainer"|"owner" Checked, then ignored by the server
---@field email? string Checked, then ignored by the server (at least 1 characters; email)

---@class convoke.cvat.invitations.get.Params: table<"key"|"X-Organization"|"org"|"org_id", any>
---@field key string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.invitations.get.ParamsBesidePath: table<"key"|"X-Organization"|"org"|"org_id", any>
---@field key? string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.invitations.accept.Params: table<"key"|"X-Organization"|"org"|"org_id", any>
---@field key string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.invitations.accept.ParamsBesidePath: table<"key"|"X-Organization"|"org"|"org_id", any>
---@field key? string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.invitations.decline.Params: table<"key"|"X-Organization"|"org"|"org_id", any>
---@field key string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.invitations.decline.ParamsBesidePath: table<"key"|"X-Organization"|"org"|"org_id", any>
---@field key? string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.invitations.resend.Params: table<"key"|"X-Organization"|"org"|"org_id", any>
---@field key string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.invitations.resend.ParamsBesidePath: table<"key"|"X-Organization"|"org"|"org_id", any>
---@field key? string Invitation key
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.invitations
local invitations = {}

--- Invite the user with that e-mail address to the organization.
---
--- `POST /api/invitations`, the vendor's `invitations_create`.
--- `org_id` and `org` exclude each other.
--- `org_id` and `X-Organization` exclude each other.
--- `org` and `X-Organization` exclude each other, unless they say the same.
---@param params convoke.cvat.invitations.create.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.InvitationRead? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.InvitationRead, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:create(params, options) end

--- Delete an invitation; the membership stays.
---
--- `DELETE /api/invitations/{key}`, the vendor's `invitations_destroy`. A repeat changes no more than one call.
--- `org_id` and `org` exclude each other.
--- `org_id` and `X-Organization` exclude each other.
--- `org` and `X-Organization` exclude each other, unless they say the same.
---@overload fun(self: convoke.cvat.invitations, params: convoke.cvat.invitations.delete.Params, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@param key string Invitation key
---@param params? convoke.cvat.invitations.delete.ParamsBesidePath
---@param options? convoke.cvat.CallOptions
---@return true? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload true, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:delete(key, params, options) end

--- List the invitations the caller may see, newest first.
---
--- `GET /api/invitations`, the vendor's `invitations_list`. It only reads.
--- `org_id` and `org` exclude each other.
--- `org_id` and `X-Organization` exclude each other.
--- `org` and `X-Organization` exclude each other, unless they say the same.
---@param params? convoke.cvat.invitations.list.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.PaginatedInvitationReadList? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.PaginatedInvitationReadList, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:list(params, options) end

--- Walks all pages: List the invitations the caller may see, newest first. An error is raised.
---@param params? convoke.cvat.invitations.list.Params
---@param options? convoke.cvat.CallOptions
---@return fun(): convoke.cvat.InvitationRead?
function invitations:each(params, options) end

--- Reads all pages: List the invitations the caller may see, newest first.
---@param params? convoke.cvat.invitations.list.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.InvitationRead[]? elements
---@return convoke.Error? err
---@return_overload convoke.cvat.InvitationRead[], nil
---@return_overload nil, convoke.Error
function invitations:all(params, options) end

--- Send an invitation again; fails since server version 2.8, see resend.
---
--- `PATCH /api/invitations/{key}`, the vendor's `invitations_partial_update`.
--- `org_id` and `org` exclude each other.
--- `org_id` and `X-Organization` exclude each other.
--- `org` and `X-Organization` exclude each other, unless they say the same.
---@overload fun(self: convoke.cvat.invitations, params: convoke.cvat.invitations.update.Params, options?: convoke.cvat.CallOptions): convoke.cvat.InvitationRead?, convoke.Error?, convoke.Meta?
---@param key string Invitation key
---@param params? convoke.cvat.invitations.update.ParamsBesidePath
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.InvitationRead? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.InvitationRead, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:update(key, params, options) end

--- Read an invitation.
---
--- `GET /api/invitations/{key}`, the vendor's `invitations_retrieve`. It only reads.
--- `org_id` and `org` exclude each other.
--- `org_id` and `X-Organization` exclude each other.
--- `org` and `X-Organization` exclude each other, unless they say the same.
---@overload fun(self: convoke.cvat.invitations, params: convoke.cvat.invitations.get.Params, options?: convoke.cvat.CallOptions): convoke.cvat.InvitationRead?, convoke.Error?, convoke.Meta?
---@param key string Invitation key
---@param params? convoke.cvat.invitations.get.ParamsBesidePath
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.InvitationRead? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.InvitationRead, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:get(key, params, options) end

--- Join the organization, as the invitee; since server version 2.10.
---
--- `POST /api/invitations/{key}/accept`, the vendor's `invitations_accept`. A repeat changes no more than one call.
--- `org_id` and `org` exclude each other.
--- `org_id` and `X-Organization` exclude each other.
--- `org` and `X-Organization` exclude each other, unless they say the same.
---@overload fun(self: convoke.cvat.invitations, params: convoke.cvat.invitations.accept.Params, options?: convoke.cvat.CallOptions): convoke.cvat.AcceptedInvitation?, convoke.Error?, convoke.Meta?
---@param key string Invitation key
---@param params? convoke.cvat.invitations.accept.ParamsBesidePath
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.AcceptedInvitation? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.AcceptedInvitation, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:accept(key, params, options) end

--- Decline an invitation, as the invitee; since server version 2.10.
---
--- `POST /api/invitations/{key}/decline`, the vendor's `invitations_decline`. A repeat changes no more than one call.
--- `org_id` and `org` exclude each other.
--- `org_id` and `X-Organization` exclude each other.
--- `org` and `X-Organization` exclude each other, unless they say the same.
---@overload fun(self: convoke.cvat.invitations, params: convoke.cvat.invitations.decline.Params, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@param key string Invitation key
---@param params? convoke.cvat.invitations.decline.ParamsBesidePath
---@param options? convoke.cvat.CallOptions
---@return true? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload true, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:decline(key, params, options) end

--- Send an invitation again and restart its time; since server version 2.8.
---
--- `POST /api/invitations/{key}/resend`, the vendor's `invitations_resend`.
--- `org_id` and `org` exclude each other.
--- `org_id` and `X-Organization` exclude each other.
--- `org` and `X-Organization` exclude each other, unless they say the same.
---@overload fun(self: convoke.cvat.invitations, params: convoke.cvat.invitations.resend.Params, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@param key string Invitation key
---@param params? convoke.cvat.invitations.resend.ParamsBesidePath
---@param options? convoke.cvat.CallOptions
---@return true? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload true, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:resend(key, params, options) end

---@class convoke.cvat.memberships.list.Params: table<"X-Organization"|"org"|"org_id"|"filter"|"page"|"page_size"|"search"|"sort"|"user"|"role", any>
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number
---@field filter? string JSON Logic text over user, role and id
---@field page? integer|convoke.Int64 Page number from 1 (default 1)
---@field page_size? integer|convoke.Int64|"all" Results per page, or all (default 10)
---@field search? string Text in user name or role
---@field sort? string user, role or id, after - for descending (default "-id")
---@field user? string User name; from server version 2.4 on
---@field role? string From server version 2.4 on

---@class convoke.cvat.memberships.get.Params: table<"id"|"X-Organization"|"org"|"org_id", any>
---@field id integer|convoke.Int64 Membership number
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.memberships.get.ParamsBesidePath: table<"id"|"X-Organization"|"org"|"org_id", any>
---@field id? integer|convoke.Int64 Membership number
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.memberships.delete.Params: table<"id"|"X-Organization"|"org"|"org_id", any>
---@field id integer|convoke.Int64 Membership number
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.memberships.delete.ParamsBesidePath: table<"id"|"X-Organization"|"org"|"org_id", any>
---@field id? integer|convoke.Int64 Membership number
---@field ["X-Organization"]? string Organization slug
---@field org? string Organization slug; empty for the personal sandbox
---@field org_id? integer|convoke.Int64 Organization number

---@class convoke.cvat.memberships
local memberships = {}

--- List the members of an organization, with those yet to accept.
---
--- `GET /api/memberships`, the vendor's `memberships_list`. It only reads.
--- `org_id` and `org` exclude each other.
--- `org_id` and `X-Organization` exclude each other.
--- `org` and `X-Organization` exclude each other, unless they say the same.
---@param params? convoke.cvat.memberships.list.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.PaginatedMembershipReadList? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.PaginatedMembershipReadList, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function memberships:list(params, options) end

--- Walks all pages: List the members of an organization, with those yet to accept. An error is raised.
---@param params? convoke.cvat.memberships.list.Params
---@param options? convoke.cvat.CallOptions
---@return fun(): convoke.cvat.MembershipRead?
function memberships:each(params, options) end

--- Reads all pages: List the members of an organization, with those yet to accept.
---@param params? convoke.cvat.memberships.list.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.MembershipRead[]? elements
---@return convoke.Error? err
---@return_overload convoke.cvat.MembershipRead[], nil
---@return_overload nil, convoke.Error
function memberships:all(params, options) end

--- Read a membership.
---
--- `GET /api/memberships/{id}`, the vendor's `memberships_retrieve`. It only reads.
--- `org_id` and `org` exclude each other.
--- `org_id` and `X-Organization` exclude each other.
--- `org` and `X-Organization` exclude each other, unless they say the same.
---@overload fun(self: convoke.cvat.memberships, params: convoke.cvat.memberships.get.Params, options?: convoke.cvat.CallOptions): convoke.cvat.MembershipRead?, convoke.Error?, convoke.Meta?
---@param id integer|convoke.Int64 Membership number
---@param params? convoke.cvat.memberships.get.ParamsBesidePath
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.MembershipRead? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.MembershipRead, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function memberships:get(id, params, options) end

--- End a membership and its invitation; the person can be invited again.
---
--- `DELETE /api/memberships/{id}`, the vendor's `memberships_destroy`. A repeat changes no more than one call.
--- `org_id` and `org` exclude each other.
--- `org_id` and `X-Organization` exclude each other.
--- `org` and `X-Organization` exclude each other, unless they say the same.
---@overload fun(self: convoke.cvat.memberships, params: convoke.cvat.memberships.delete.Params, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@param id integer|convoke.Int64 Membership number
---@param params? convoke.cvat.memberships.delete.ParamsBesidePath
---@param options? convoke.cvat.CallOptions
---@return true? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload true, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function memberships:delete(id, params, options) end

---@class convoke.cvat.organizations.list.Params: table<"filter"|"page"|"page_size"|"search"|"sort"|"slug"|"owner"|"name", any>
---@field filter? string JSON Logic text over name, owner, slug and id
---@field page? integer|convoke.Int64 Page number from 1 (default 1)
---@field page_size? integer|convoke.Int64|"all" Results per page, or all (default 10)
---@field search? string Text in name, owner or slug
---@field sort? string name, owner, slug or id, after - for descending
---@field slug? string From server version 2.4 on
---@field owner? string User name; from server version 2.4 on
---@field name? string From server version 2.4 on

---@class convoke.cvat.organizations
local organizations = {}

--- List the organizations of the caller.
---
--- `GET /api/organizations`, the vendor's `organizations_list`. It only reads.
---@param params? convoke.cvat.organizations.list.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.PaginatedOrganizationReadList? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.PaginatedOrganizationReadList, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organizations:list(params, options) end

--- Walks all pages: List the organizations of the caller. An error is raised.
---@param params? convoke.cvat.organizations.list.Params
---@param options? convoke.cvat.CallOptions
---@return fun(): convoke.cvat.OrganizationRead?
function organizations:each(params, options) end

--- Reads all pages: List the organizations of the caller.
---@param params? convoke.cvat.organizations.list.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.OrganizationRead[]? elements
---@return convoke.Error? err
---@return_overload convoke.cvat.OrganizationRead[], nil
---@return_overload nil, convoke.Error
function organizations:all(params, options) end

---@class convoke.cvat.users.self.Params

---@class convoke.cvat.users
local users = {}

--- Read the caller's own account.
---
--- `GET /api/users/self`, the vendor's `users_retrieve_self`. It only reads.
---@param params? convoke.cvat.users.self.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.MetaUser? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.MetaUser, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function users:self(params, options) end

---@class convoke.cvat.auth.login.Params: table<"username"|"email"|"password", any>
---@field username? string Login name, or else email
---@field email? string E-mail address (email)
---@field password string Password (at least 1 characters)

---@class convoke.cvat.auth.logout.Params

---@class convoke.cvat.auth
local auth = {}

--- Get the token of an account.
---
--- `POST /api/auth/login`, the vendor's `auth_create_login`. A repeat changes no more than one call.
---@param params convoke.cvat.auth.login.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.Token? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.Token, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function auth:login(params, options) end

--- End the caller's token, for everyone who uses it.
---
--- `POST /api/auth/logout`, the vendor's `auth_create_logout`. A repeat changes no more than one call.
---@param params? convoke.cvat.auth.logout.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.Detail? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.Detail, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function auth:logout(params, options) end

---@class convoke.cvat.server.about.Params

---@class convoke.cvat.server
local server = {}

--- Read which server it is, and of which version.
---
--- `GET /api/server/about`, the vendor's `server_retrieve_about`. It only reads.
---@param params? convoke.cvat.server.about.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.About? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.cvat.About, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function server:about(params, options) end

---@class convoke.cvat.Client: convoke.Client CVAT server
---@field invitations convoke.cvat.invitations
---@field memberships convoke.cvat.memberships
---@field organizations convoke.cvat.organizations
---@field users convoke.cvat.users
---@field auth convoke.cvat.auth
---@field server convoke.cvat.server
local client = {}

--- Calls an operation by the vendor's name.
---@overload fun(self: convoke.cvat.Client, id: "auth_create_logout", params?: convoke.cvat.auth.logout.Params, options?: convoke.cvat.CallOptions): convoke.cvat.Detail?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_accept", key: string, params?: convoke.cvat.invitations.accept.ParamsBesidePath, options?: convoke.cvat.CallOptions): convoke.cvat.AcceptedInvitation?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_accept", params: convoke.cvat.invitations.accept.Params, options?: convoke.cvat.CallOptions): convoke.cvat.AcceptedInvitation?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_create", params: convoke.cvat.invitations.create.Params, options?: convoke.cvat.CallOptions): convoke.cvat.InvitationRead?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_decline", key: string, params?: convoke.cvat.invitations.decline.ParamsBesidePath, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_decline", params: convoke.cvat.invitations.decline.Params, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_destroy", key: string, params?: convoke.cvat.invitations.delete.ParamsBesidePath, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_destroy", params: convoke.cvat.invitations.delete.Params, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_list", params?: convoke.cvat.invitations.list.Params, options?: convoke.cvat.CallOptions): convoke.cvat.PaginatedInvitationReadList?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_partial_update", key: string, params?: convoke.cvat.invitations.update.ParamsBesidePath, options?: convoke.cvat.CallOptions): convoke.cvat.InvitationRead?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_partial_update", params: convoke.cvat.invitations.update.Params, options?: convoke.cvat.CallOptions): convoke.cvat.InvitationRead?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_resend", key: string, params?: convoke.cvat.invitations.resend.ParamsBesidePath, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_resend", params: convoke.cvat.invitations.resend.Params, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_retrieve", key: string, params?: convoke.cvat.invitations.get.ParamsBesidePath, options?: convoke.cvat.CallOptions): convoke.cvat.InvitationRead?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "invitations_retrieve", params: convoke.cvat.invitations.get.Params, options?: convoke.cvat.CallOptions): convoke.cvat.InvitationRead?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "memberships_destroy", id: integer|convoke.Int64, params?: convoke.cvat.memberships.delete.ParamsBesidePath, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "memberships_destroy", params: convoke.cvat.memberships.delete.Params, options?: convoke.cvat.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "memberships_list", params?: convoke.cvat.memberships.list.Params, options?: convoke.cvat.CallOptions): convoke.cvat.PaginatedMembershipReadList?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "memberships_retrieve", id: integer|convoke.Int64, params?: convoke.cvat.memberships.get.ParamsBesidePath, options?: convoke.cvat.CallOptions): convoke.cvat.MembershipRead?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "memberships_retrieve", params: convoke.cvat.memberships.get.Params, options?: convoke.cvat.CallOptions): convoke.cvat.MembershipRead?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "organizations_list", params?: convoke.cvat.organizations.list.Params, options?: convoke.cvat.CallOptions): convoke.cvat.PaginatedOrganizationReadList?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "server_retrieve_about", params?: convoke.cvat.server.about.Params, options?: convoke.cvat.CallOptions): convoke.cvat.About?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.cvat.Client, id: "users_retrieve_self", params?: convoke.cvat.users.self.Params, options?: convoke.cvat.CallOptions): convoke.cvat.MetaUser?, convoke.Error?, convoke.Meta?
---@param id "auth_create_login"
---@param params convoke.cvat.auth.login.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.Token?
---@return convoke.Error?
---@return convoke.Meta?
function client:call(id, params, options) end

--- Walks all pages of a listing, by the vendor's name; an error is raised.
---@overload fun(self: convoke.cvat.Client, id: "memberships_list", params?: convoke.cvat.memberships.list.Params, options?: convoke.cvat.CallOptions): fun(): convoke.cvat.MembershipRead?
---@overload fun(self: convoke.cvat.Client, id: "organizations_list", params?: convoke.cvat.organizations.list.Params, options?: convoke.cvat.CallOptions): fun(): convoke.cvat.OrganizationRead?
---@param id "invitations_list"
---@param params? convoke.cvat.invitations.list.Params
---@param options? convoke.cvat.CallOptions
---@return fun(): convoke.cvat.InvitationRead?
function client:each(id, params, options) end

--- Reads all pages of a listing, by the vendor's name.
---@overload fun(self: convoke.cvat.Client, id: "memberships_list", params?: convoke.cvat.memberships.list.Params, options?: convoke.cvat.CallOptions): convoke.cvat.MembershipRead[]?, convoke.Error?
---@overload fun(self: convoke.cvat.Client, id: "organizations_list", params?: convoke.cvat.organizations.list.Params, options?: convoke.cvat.CallOptions): convoke.cvat.OrganizationRead[]?, convoke.Error?
---@param id "invitations_list"
---@param params? convoke.cvat.invitations.list.Params
---@param options? convoke.cvat.CallOptions
---@return convoke.cvat.InvitationRead[]?
---@return convoke.Error?
function client:all(id, params, options) end

---@class convoke
---@field cvat fun(options?: convoke.cvat.Options): convoke.cvat.Client Makes a client of the CVAT server
