/*
 * For LD_PRELOAD: a libcurl that says it was built without zlib.
 */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <dlfcn.h>

typedef curl_version_info_data *version_info(CURLversion);

curl_version_info_data *curl_version_info(CURLversion version)
{
    /* The program has loaded libcurl for one of its modules only, where RTLD_NEXT does not look. */
    void *library = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_NOLOAD);
    version_info *real;
    *(void **)&real = dlsym(library, "curl_version_info");
    curl_version_info_data *info = real(version);
    info->features &= ~CURL_VERSION_LIBZ;
    return info;
}
