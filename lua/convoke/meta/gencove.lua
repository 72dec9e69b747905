---@meta convoke.meta.gencove
-- Annotations of the Gencove API v2 for editors, written by `make meta`.

---@class convoke.gencove.InvitationActor
---@field id? string Account id (uuid)
---@field name? string Name (at most 254 characters)

---@class convoke.gencove.InvitationStatus
---@field id? string Id of this status entry (uuid)
---@field status string An open set: pending, accepted, expired, revoked, ... (at least 1 characters)
---@field created? string Since when (date-time)
---@field actor? convoke.gencove.InvitationActor Who caused it

---@class convoke.gencove.Invitation
---@field id? string Invitation id (uuid)
---@field email? string Who is invited (at most 254 characters; at least 1 characters; email)
---@field last_status? convoke.gencove.InvitationStatus Where it stands
---@field expires? string End of validity (date-time)
---@field role string Role in the organization (at most 255 characters; at least 1 characters)

---@class convoke.gencove.PageMeta
---@field count integer Results on all pages
---@field next? string The next page (uri)
---@field previous? string The page before (uri)

---@class convoke.gencove.InvitationsList200Response
---@field meta? convoke.gencove.PageMeta Where this page lies
---@field results convoke.gencove.Invitation[] One page

---@class convoke.gencove.InviteOrganization
---@field id? string Organization id (uuid)
---@field name string Name of the organization (at most 254 characters; at least 1 characters)

---@class convoke.gencove.InvitationDetails
---@field token? string Token of the link (at least 1 characters)
---@field last_status? convoke.gencove.InvitationStatus Where it stands
---@field expires? string End of validity (date-time)
---@field organization convoke.gencove.InviteOrganization Who invites
---@field role string Role in the organization (at most 255 characters; at least 1 characters)

---@class convoke.gencove.InviteOrganizationRequestParams: table<"name", any>
---@field name string Name of the organization (at most 254 characters; at least 1 characters)

---@class convoke.gencove.UserRole
---@field id string Id of the assignment, not of the name (uuid)
---@field name string Which role, such as owner

---@class convoke.gencove.Organization
---@field id string Organization id (uuid)
---@field name string Its name (at most 254 characters)
---@field expire_uploads_period_days? integer Days after which uploads expire
---@field archive_period_days? integer Days after which samples are archived
---@field archive_restore_period_days? integer Days for which restored samples stay
---@field roles table<string, convoke.gencove.UserRole> Roles by what they apply to, such as organization
---@field uploads_enabled boolean May upload
---@field delete_samples_enabled boolean May delete samples
---@field project_sharing_enabled boolean May share projects
---@field account_on_hold boolean Is on hold
---@field organization_type? "enterprise"|"consumer"|"consumer_provider"|string What kind it is; absent in recorded answers

---@class convoke.gencove.OrganizationUser
---@field id string User id (uuid)
---@field email string Address (email)
---@field is_active? boolean May log in
---@field has_mfa_device boolean Has a second factor
---@field name? string Name (at most 254 characters)
---@field roles table<string, convoke.gencove.UserRole> Roles by what they apply to, such as organization
---@field is_support boolean Is the vendor's support

---@class convoke.gencove.OrganizationUserPage
---@field meta? convoke.gencove.PageMeta Where this page lies
---@field results convoke.gencove.OrganizationUser[] One page

---@class convoke.gencove.Role
---@field name string What an invitation's role may be
---@field permissions any[] What it allows

---@class convoke.gencove.RolePage
---@field meta? convoke.gencove.PageMeta Where this page lies
---@field results convoke.gencove.Role[] One page

---@class convoke.gencove.User
---@field id string User id (uuid)
---@field email string Address (email)
---@field name? string Name (at most 254 characters)
---@field uploads_enabled boolean May upload
---@field explorer_enabled boolean May use Explorer
---@field created string Since when (date-time)
---@field is_support boolean Is the vendor's support

---@class convoke.gencove.UserCreated
---@field id string User id (uuid)
---@field email string Address (at most 254 characters; email)
---@field name? string Name (at most 254 characters)
---@field invitation_token? string Token of the invitation that is accepted thereby (at most 32 characters)
---@field organization_name? string Name of an organization of one's own (at most 254 characters)

---@class convoke.gencove.UserActivation
---@field uid string User, as the mail has it
---@field token string Token from the mail

---@class convoke.gencove.TokenPair
---@field refresh string Refresh token
---@field access string Access token, the option jwt

---@class convoke.gencove.AccessToken
---@field access string Access token, the option jwt

---@class convoke.gencove.VerifiedToken
---@field token? string Not shown so far

---@class convoke.gencove.EndedToken
---@field refresh? string The token that has ended

---@class convoke.gencove.Options: convoke.ClientOptions, table<"url"|"timeout"|"connect_timeout"|"retries"|"rate"|"rate_dict"|"max_in_flight"|"max_response_bytes"|"http_version"|"proxy"|"ca_file"|"cert"|"key"|"allow_http"|"user_agent"|"log"|"hooks"|"transport"|"api_key"|"jwt", any>
---@field api_key? string API key; the environment variable GENCOVE_API_KEY
---@field jwt? string|fun(refused?: boolean): string Access token of a login

---@class convoke.gencove.invitations.create.Params: table<"email"|"role", any>
---@field email string Address to invite (at least 1 characters; email)
---@field role? string Role name; empty lets the server choose (default "")

---@class convoke.gencove.invitations.delete.Params: table<"invitation_id", any>
---@field invitation_id string Invitation id (uuid)

---@class convoke.gencove.invitations.list.Params: table<"status"|"limit"|"offset", any>
---@field status? "accepted"|"all"|"expired"|"pending"|"revoked" Only this status
---@field limit? integer|convoke.Int64 Page size (from 1)
---@field offset? integer|convoke.Int64 Results to skip (from 0)

---@class convoke.gencove.invitations.read_token.Params: table<"token", any>
---@field token string Token from the invitation link

---@class convoke.gencove.invitations.accept.Params: table<"token"|"organization"|"role", any>
---@field token string Token from the invitation link
---@field organization? convoke.gencove.InviteOrganizationRequestParams Who invites
---@field role? string Role in the organization (at most 255 characters)

---@class convoke.gencove.invitations.accept.ParamsBesidePath: table<"token"|"organization"|"role", any>
---@field token? string Token from the invitation link
---@field organization? convoke.gencove.InviteOrganizationRequestParams Who invites
---@field role? string Role in the organization (at most 255 characters)

---@class convoke.gencove.invitations
local invitations = {}

--- Invite an address to the caller's organization.
---
--- `POST /invitations/`, the vendor's `invitations_create`.
---@param params convoke.gencove.invitations.create.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.Invitation? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.Invitation, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:create(params, options) end

--- Revoke an invitation.
---
--- `DELETE /invitations/{invitation_id}`, the vendor's `invitations_delete`. A repeat changes no more than one call.
---@overload fun(self: convoke.gencove.invitations, params: convoke.gencove.invitations.delete.Params, options?: convoke.CallOptions): true?, convoke.Error?, convoke.Meta?
---@param invitation_id string Invitation id
---@param params? {}
---@param options? convoke.CallOptions
---@return true? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload true, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:delete(invitation_id, params, options) end

--- List the invitations of the caller's organization.
---
--- `GET /invitations/`, the vendor's `invitations_list`. It only reads.
---@param params? convoke.gencove.invitations.list.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.InvitationsList200Response? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.InvitationsList200Response, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:list(params, options) end

--- Walks all pages: List the invitations of the caller's organization. An error is raised.
---@param params? convoke.gencove.invitations.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.gencove.Invitation?
function invitations:each(params, options) end

--- Reads all pages: List the invitations of the caller's organization.
---@param params? convoke.gencove.invitations.list.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.Invitation[]? elements
---@return convoke.Error? err
---@return_overload convoke.gencove.Invitation[], nil
---@return_overload nil, convoke.Error
function invitations:all(params, options) end

--- Read an invitation by its token; needs no account.
---
--- `GET /invitations-token/{token}`, the vendor's `invitations_token_read`. It only reads.
---@overload fun(self: convoke.gencove.invitations, params: convoke.gencove.invitations.read_token.Params, options?: convoke.CallOptions): convoke.gencove.InvitationDetails?, convoke.Error?, convoke.Meta?
---@param token string Token from the invitation link
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.gencove.InvitationDetails? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.InvitationDetails, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:read_token(token, params, options) end

--- Accept an invitation as the invited user.
---
--- `PATCH /invitations-token/{token}`, the vendor's `invitations_token_update`.
---@overload fun(self: convoke.gencove.invitations, params: convoke.gencove.invitations.accept.Params, options?: convoke.CallOptions): convoke.gencove.InvitationDetails?, convoke.Error?, convoke.Meta?
---@param token string Token from the invitation link
---@param params? convoke.gencove.invitations.accept.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.gencove.InvitationDetails? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.InvitationDetails, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invitations:accept(token, params, options) end

---@class convoke.gencove.organization.get.Params

---@class convoke.gencove.organization
local organization = {}

--- Read the caller's organization.
---
--- `GET /organization/`, the vendor's `organization_retrieve`. It only reads.
---@param params? convoke.gencove.organization.get.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.Organization? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.Organization, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization:get(params, options) end

---@class convoke.gencove.organization_users.list.Params: table<"limit"|"offset"|"search", any>
---@field limit? integer|convoke.Int64 Page size (from 1)
---@field offset? integer|convoke.Int64 Results to skip (from 0)
---@field search? string Part of a name, address or id

---@class convoke.gencove.organization_users.create.Params: table<"user"|"role", any>
---@field user string User id (uuid)
---@field role string Name of a role (at most 255 characters; at least 1 characters)

---@class convoke.gencove.organization_users.update.Params: table<"user_id"|"is_active"|"name", any>
---@field user_id string User id (uuid)
---@field is_active? boolean False takes the user out
---@field name? string Name (at most 254 characters)

---@class convoke.gencove.organization_users.update.ParamsBesidePath: table<"user_id"|"is_active"|"name", any>
---@field user_id? string User id (uuid)
---@field is_active? boolean False takes the user out
---@field name? string Name (at most 254 characters)

---@class convoke.gencove.organization_users
local organization_users = {}

--- List the users of the organization.
---
--- `GET /organization-users/`, the vendor's `organization_users_list`. It only reads.
---@param params? convoke.gencove.organization_users.list.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.OrganizationUserPage? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.OrganizationUserPage, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_users:list(params, options) end

--- Walks all pages: List the users of the organization. An error is raised.
---@param params? convoke.gencove.organization_users.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.gencove.OrganizationUser?
function organization_users:each(params, options) end

--- Reads all pages: List the users of the organization.
---@param params? convoke.gencove.organization_users.list.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.OrganizationUser[]? elements
---@return convoke.Error? err
---@return_overload convoke.gencove.OrganizationUser[], nil
---@return_overload nil, convoke.Error
function organization_users:all(params, options) end

--- Give a user that exists a role in the organization.
---
--- `POST /organization-users/`, the vendor's `organization_users_create`.
---@param params convoke.gencove.organization_users.create.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.UserRole? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.UserRole, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_users:create(params, options) end

--- Rename a user of the organization, or take one out.
---
--- `PATCH /organization-users/{user_id}`, the vendor's `organization_users_partial_update`. A repeat changes no more than one call.
---@overload fun(self: convoke.gencove.organization_users, params: convoke.gencove.organization_users.update.Params, options?: convoke.CallOptions): convoke.gencove.OrganizationUser?, convoke.Error?, convoke.Meta?
---@param user_id string User id
---@param params? convoke.gencove.organization_users.update.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.gencove.OrganizationUser? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.OrganizationUser, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_users:update(user_id, params, options) end

---@class convoke.gencove.organization_roles.get.Params: table<"role_id", any>
---@field role_id string Id of the assignment (uuid)

---@class convoke.gencove.organization_roles
local organization_roles = {}

--- Read a role that a user has.
---
--- `GET /organization-roles/{role_id}`, the vendor's `organization_roles_retrieve`. It only reads.
---@overload fun(self: convoke.gencove.organization_roles, params: convoke.gencove.organization_roles.get.Params, options?: convoke.CallOptions): convoke.gencove.UserRole?, convoke.Error?, convoke.Meta?
---@param role_id string Id of the assignment
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.gencove.UserRole? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.UserRole, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function organization_roles:get(role_id, params, options) end

---@class convoke.gencove.roles.list.Params: table<"applies_to"|"limit"|"offset", any>
---@field applies_to "organization"|"project" What the roles are for
---@field limit? integer|convoke.Int64 Page size (from 1)
---@field offset? integer|convoke.Int64 Results to skip (from 0)

---@class convoke.gencove.roles.list.ParamsBesidePath: table<"applies_to"|"limit"|"offset", any>
---@field applies_to? "organization"|"project" What the roles are for
---@field limit? integer|convoke.Int64 Page size (from 1)
---@field offset? integer|convoke.Int64 Results to skip (from 0)

---@class convoke.gencove.roles
local roles = {}

--- List the names that a role may have.
---
--- `GET /roles/{applies_to}`, the vendor's `roles_list`. It only reads.
---@overload fun(self: convoke.gencove.roles, params: convoke.gencove.roles.list.Params, options?: convoke.CallOptions): convoke.gencove.RolePage?, convoke.Error?, convoke.Meta?
---@param applies_to "organization"|"project" What the roles are for
---@param params? convoke.gencove.roles.list.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.gencove.RolePage? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.RolePage, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function roles:list(applies_to, params, options) end

--- Walks all pages: List the names that a role may have. An error is raised.
---@overload fun(self: convoke.gencove.roles, params: convoke.gencove.roles.list.Params, options?: convoke.CallOptions): fun(): convoke.gencove.Role?
---@param applies_to "organization"|"project" What the roles are for
---@param params? convoke.gencove.roles.list.ParamsBesidePath
---@param options? convoke.CallOptions
---@return fun(): convoke.gencove.Role?
function roles:each(applies_to, params, options) end

--- Reads all pages: List the names that a role may have.
---@overload fun(self: convoke.gencove.roles, params: convoke.gencove.roles.list.Params, options?: convoke.CallOptions): convoke.gencove.Role[]?, convoke.Error?
---@param applies_to "organization"|"project" What the roles are for
---@param params? convoke.gencove.roles.list.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.gencove.Role[]? elements
---@return convoke.Error? err
---@return_overload convoke.gencove.Role[], nil
---@return_overload nil, convoke.Error
function roles:all(applies_to, params, options) end

---@class convoke.gencove.user.get.Params

---@class convoke.gencove.user.register.Params: table<"email"|"password"|"name"|"invitation_token"|"organization_name", any>
---@field email string Address (at most 254 characters; email)
---@field password string Password
---@field name? string Name (at most 254 characters)
---@field invitation_token? string Token of the invitation that is accepted thereby (at most 32 characters)
---@field organization_name? string Name of an organization of one's own (at most 254 characters)

---@class convoke.gencove.user.activate.Params: table<"uid"|"token", any>
---@field uid string User, as the mail has it
---@field token string Token from the mail

---@class convoke.gencove.user
local user = {}

--- Read the user that the credential is of.
---
--- `GET /user/`, the vendor's `user_retrieve`. It only reads.
---@param params? convoke.gencove.user.get.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.User? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.User, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function user:get(params, options) end

--- Register a user, by an invitation too; a mail asks to activate it.
---
--- `POST /user-register/`, the vendor's `user_register_create`.
---@param params convoke.gencove.user.register.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.UserCreated? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.UserCreated, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function user:register(params, options) end

--- Activate a registered user with what the mail says.
---
--- `POST /user-activate/`, the vendor's `user_activate_create`. A repeat changes no more than one call.
---@param params convoke.gencove.user.activate.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.UserActivation? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.UserActivation, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function user:activate(params, options) end

---@class convoke.gencove.jwt.create.Params: table<"email"|"password"|"otp_token"|"backup_token", any>
---@field email string Address
---@field password string Password
---@field otp_token? string Digits of the second factor
---@field backup_token? string A spare in its place

---@class convoke.gencove.jwt.refresh.Params: table<"refresh", any>
---@field refresh string Refresh token

---@class convoke.gencove.jwt.verify.Params: table<"token", any>
---@field token string Access or refresh token

---@class convoke.gencove.jwt.logout.Params: table<"refresh", any>
---@field refresh string Refresh token

---@class convoke.gencove.jwt
local jwt = {}

--- Log in: an access token and a refresh token.
---
--- `POST /jwt-create/`, the vendor's `jwt_create_create`. A repeat changes no more than one call.
---@param params convoke.gencove.jwt.create.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.TokenPair? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.TokenPair, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function jwt:create(params, options) end

--- Get a new access token for a refresh token.
---
--- `POST /jwt-refresh/`, the vendor's `jwt_refresh_create`. A repeat changes no more than one call.
---@param params convoke.gencove.jwt.refresh.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.AccessToken? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.AccessToken, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function jwt:refresh(params, options) end

--- Ask whether a token holds; a 401 says no.
---
--- `POST /jwt-verify/`, the vendor's `jwt_verify_create`. It only reads.
---@param params convoke.gencove.jwt.verify.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.VerifiedToken? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.VerifiedToken, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function jwt:verify(params, options) end

--- Log out: the refresh token ends.
---
--- `POST /jwt-logout/`, the vendor's `jwt_logout_create`. A repeat changes no more than one call.
---@param params convoke.gencove.jwt.logout.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.EndedToken? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.gencove.EndedToken, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function jwt:logout(params, options) end

---@class convoke.gencove.Client: convoke.Client Gencove API v2
---@field invitations convoke.gencove.invitations
---@field organization convoke.gencove.organization
---@field organization_users convoke.gencove.organization_users
---@field organization_roles convoke.gencove.organization_roles
---@field roles convoke.gencove.roles
---@field user convoke.gencove.user
---@field jwt convoke.gencove.jwt
local client = {}

--- Calls an operation by the vendor's name.
---@overload fun(self: convoke.gencove.Client, id: "invitations_delete", invitation_id: string, params?: {}, options?: convoke.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "invitations_delete", params: convoke.gencove.invitations.delete.Params, options?: convoke.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "invitations_list", params?: convoke.gencove.invitations.list.Params, options?: convoke.CallOptions): convoke.gencove.InvitationsList200Response?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "invitations_token_read", token: string, params?: {}, options?: convoke.CallOptions): convoke.gencove.InvitationDetails?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "invitations_token_read", params: convoke.gencove.invitations.read_token.Params, options?: convoke.CallOptions): convoke.gencove.InvitationDetails?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "invitations_token_update", token: string, params?: convoke.gencove.invitations.accept.ParamsBesidePath, options?: convoke.CallOptions): convoke.gencove.InvitationDetails?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "invitations_token_update", params: convoke.gencove.invitations.accept.Params, options?: convoke.CallOptions): convoke.gencove.InvitationDetails?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "jwt_create_create", params: convoke.gencove.jwt.create.Params, options?: convoke.CallOptions): convoke.gencove.TokenPair?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "jwt_logout_create", params: convoke.gencove.jwt.logout.Params, options?: convoke.CallOptions): convoke.gencove.EndedToken?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "jwt_refresh_create", params: convoke.gencove.jwt.refresh.Params, options?: convoke.CallOptions): convoke.gencove.AccessToken?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "jwt_verify_create", params: convoke.gencove.jwt.verify.Params, options?: convoke.CallOptions): convoke.gencove.VerifiedToken?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "organization_retrieve", params?: convoke.gencove.organization.get.Params, options?: convoke.CallOptions): convoke.gencove.Organization?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "organization_roles_retrieve", role_id: string, params?: {}, options?: convoke.CallOptions): convoke.gencove.UserRole?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "organization_roles_retrieve", params: convoke.gencove.organization_roles.get.Params, options?: convoke.CallOptions): convoke.gencove.UserRole?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "organization_users_create", params: convoke.gencove.organization_users.create.Params, options?: convoke.CallOptions): convoke.gencove.UserRole?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "organization_users_list", params?: convoke.gencove.organization_users.list.Params, options?: convoke.CallOptions): convoke.gencove.OrganizationUserPage?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "organization_users_partial_update", user_id: string, params?: convoke.gencove.organization_users.update.ParamsBesidePath, options?: convoke.CallOptions): convoke.gencove.OrganizationUser?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "organization_users_partial_update", params: convoke.gencove.organization_users.update.Params, options?: convoke.CallOptions): convoke.gencove.OrganizationUser?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "roles_list", applies_to: "organization"|"project", params?: convoke.gencove.roles.list.ParamsBesidePath, options?: convoke.CallOptions): convoke.gencove.RolePage?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "roles_list", params: convoke.gencove.roles.list.Params, options?: convoke.CallOptions): convoke.gencove.RolePage?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "user_activate_create", params: convoke.gencove.user.activate.Params, options?: convoke.CallOptions): convoke.gencove.UserActivation?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "user_register_create", params: convoke.gencove.user.register.Params, options?: convoke.CallOptions): convoke.gencove.UserCreated?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.gencove.Client, id: "user_retrieve", params?: convoke.gencove.user.get.Params, options?: convoke.CallOptions): convoke.gencove.User?, convoke.Error?, convoke.Meta?
---@param id "invitations_create"
---@param params convoke.gencove.invitations.create.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.Invitation?
---@return convoke.Error?
---@return convoke.Meta?
function client:call(id, params, options) end

--- Walks all pages of a listing, by the vendor's name; an error is raised.
---@overload fun(self: convoke.gencove.Client, id: "organization_users_list", params?: convoke.gencove.organization_users.list.Params, options?: convoke.CallOptions): fun(): convoke.gencove.OrganizationUser?
---@overload fun(self: convoke.gencove.Client, id: "roles_list", applies_to: "organization"|"project", params?: convoke.gencove.roles.list.ParamsBesidePath, options?: convoke.CallOptions): fun(): convoke.gencove.Role?
---@overload fun(self: convoke.gencove.Client, id: "roles_list", params: convoke.gencove.roles.list.Params, options?: convoke.CallOptions): fun(): convoke.gencove.Role?
---@param id "invitations_list"
---@param params? convoke.gencove.invitations.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.gencove.Invitation?
function client:each(id, params, options) end

--- Reads all pages of a listing, by the vendor's name.
---@overload fun(self: convoke.gencove.Client, id: "organization_users_list", params?: convoke.gencove.organization_users.list.Params, options?: convoke.CallOptions): convoke.gencove.OrganizationUser[]?, convoke.Error?
---@overload fun(self: convoke.gencove.Client, id: "roles_list", applies_to: "organization"|"project", params?: convoke.gencove.roles.list.ParamsBesidePath, options?: convoke.CallOptions): convoke.gencove.Role[]?, convoke.Error?
---@overload fun(self: convoke.gencove.Client, id: "roles_list", params: convoke.gencove.roles.list.Params, options?: convoke.CallOptions): convoke.gencove.Role[]?, convoke.Error?
---@param id "invitations_list"
---@param params? convoke.gencove.invitations.list.Params
---@param options? convoke.CallOptions
---@return convoke.gencove.Invitation[]?
---@return convoke.Error?
function client:all(id, params, options) end

---@class convoke
---@field gencove fun(options?: convoke.gencove.Options): convoke.gencove.Client Makes a client of the Gencove API v2
