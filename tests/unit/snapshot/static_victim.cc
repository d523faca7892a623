// A library with a variable for its callers to change, found by dlsym(3).
extern "C" __attribute__((visibility("default"))) char victim_user[64];
char victim_user[64] = "nobody";
