// A disk that fails on purpose, put under a program by LD_PRELOAD. It counts the calls that write to the
// program's database files and, at the Nth, does one of these (JIHUI_FAULT=MODE:N:SEED):
//   count  nothing; the number of calls is written to JIHUI_FAULT_HIT at the end
//   crash  power cut: what was written and not synced is dropped, kept or torn by the seed; the program dies
//   eio    that one call fails with EIO
//   enospc that one call fails with ENOSPC
//   full   from that call on nothing that grows a file works: ENOSPC
//   rofs   from that call on nothing that writes works: EROFS
// When it has struck, JIHUI_FAULT_HIT is there.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

struct op { struct op *older; char *path; off_t at, size; size_t len, had; char *before, *after; int cuts; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct op *newest;
static long calls, at_call;
static unsigned seed = 1;
static char mode[16];
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_trunc)(int, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int);
static int (*real_open)(const char *, int, ...);

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
  real_write = real("write"); real_pwrite = real("pwrite64"); real_trunc = real("ftruncate64");
  real_fsync = real("fsync"); real_fdatasync = real("fdatasync"); real_open = real("open64");
  const char *said = getenv("JIHUI_FAULT");
  if (said) sscanf(said, "%15[a-z]:%ld:%u", mode, &at_call, &seed);
}

static void mark(void) {
  const char *path = getenv("JIHUI_FAULT_HIT");
  if (!path) return;
  int fd = real_open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
  char text[32];
  int n = snprintf(text, sizeof text, "%ld\n", calls);
  if (fd >= 0) { if (real_write(fd, text, n) < 0) abort(); close(fd); }
}

__attribute__((destructor)) static void end(void) { if (!strcmp(mode, "count")) mark(); }

static unsigned dice(unsigned below) {
  seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5;
  return seed % below;
}

// Files of the two databases and the witness; copies are other files.
static int is_ours(const char *path) {
  const char *name = strrchr(path, '/');
  name = name ? name + 1 : path;
  if (strstr(name, ".part")) return 0;
  return !strncmp(name, "till.db", 7) || !strncmp(name, "hq.db", 5) || !strcmp(name, "witness");
}

static int ours(int fd, char *path, size_t most) {
  char link[64];
  if (!mode[0]) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, most - 1);
  if (n <= 0) return 0;
  path[n] = 0;
  return is_ours(path);
}

// The index of the log is memory that happens to have a name: nothing of it outlives a power cut.
static int is_memory(const char *path) { size_t n = strlen(path); return n > 4 && !strcmp(path + n - 4, "-shm"); }

static off_t size_of(int fd) { struct stat s; return fstat(fd, &s) ? 0 : s.st_size; }

static void forget(struct op *op) { free(op->path); free(op->before); free(op->after); free(op); }

static void synced(const char *path) {
  for (struct op **p = &newest; *p;) {
    struct op *op = *p;
    if (!strcmp(op->path, path)) { *p = op->older; forget(op); } else p = &op->older;
  }
}

static void note(int fd, const char *path, const void *data, size_t len, off_t at, int cuts) {
  if (strcmp(mode, "crash") || is_memory(path)) return;
  struct op *op = calloc(1, sizeof *op);
  op->path = strdup(path); op->at = at; op->len = len; op->size = size_of(fd); op->cuts = cuts;
  size_t old = op->size > at ? (size_t)(op->size - at) : 0;
  if (!cuts && old > len) old = len;
  op->before = malloc(old + 1);
  ssize_t had = old ? pread(fd, op->before, old, at) : 0;
  if (had < 0) {  // opened for writing alone
    int again = real_open(path, O_RDONLY);
    had = again >= 0 ? pread(again, op->before, old, at) : 0;
    if (again >= 0) close(again);
  }
  op->had = had > 0 ? (size_t)had : 0;
  if (!cuts) { op->after = malloc(len + 1); memcpy(op->after, data, len); }
  op->older = newest; newest = op;
}

static void crash(void) {
  struct op *again = NULL;
  for (struct op *op = newest; op;) {
    struct op *older = op->older;
    int fd = real_open(op->path, O_RDWR);
    if (fd >= 0) {
      if (op->had && real_pwrite(fd, op->before, op->had, op->at) < 0) abort();
      if (real_trunc(fd, op->size)) abort();
      close(fd);
    }
    op->older = again; again = op; op = older;
  }
  for (struct op *op = again; op; op = op->older) {
    unsigned fate = dice(3);
    int fd = fate ? real_open(op->path, O_RDWR) : -1;
    if (fd < 0) continue;
    size_t sectors = op->len / 512, from = 0, len = op->len;
    if (fate == 2 && sectors > 1) {  // torn: the first or the last sectors
      size_t cut = 512 * (1 + dice((unsigned)sectors - 1));
      if (dice(2)) len = cut; else { from = cut; len -= cut; }
    }
    if (op->cuts ? real_trunc(fd, op->at) : real_pwrite(fd, op->after + from, len, op->at + (off_t)from) < 0) abort();
    close(fd);
  }
  mark();
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Whether this call fails, with errno set. The lock is held.
static int strikes(int grows) {
  calls++;
  if (!strcmp(mode, "count") || calls < at_call) return 0;
  int first = calls == at_call;
  if (first && !strcmp(mode, "crash")) crash();
  if (first && !strcmp(mode, "eio")) { mark(); errno = EIO; return 1; }
  if (first && !strcmp(mode, "enospc")) { mark(); errno = ENOSPC; return 1; }
  if (!strcmp(mode, "full") && grows) { mark(); errno = ENOSPC; return 1; }
  if (!strcmp(mode, "rofs")) { mark(); errno = EROFS; return 1; }
  return 0;
}

static ssize_t put(int fd, const void *data, size_t len, off_t at, int moves) {
  char path[4096];
  if (!ours(fd, path, sizeof path)) return moves ? real_write(fd, data, len) : real_pwrite(fd, data, len, at);
  pthread_mutex_lock(&lock);
  if (moves) at = lseek(fd, 0, SEEK_CUR);
  ssize_t done = -1;
  if (!strikes(at + (off_t)len > size_of(fd))) {
    note(fd, path, data, len, at, 0);
    done = moves ? real_write(fd, data, len) : real_pwrite(fd, data, len, at);
  }
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t write(int fd, const void *data, size_t len) { return put(fd, data, len, 0, 1); }
ssize_t pwrite(int fd, const void *data, size_t len, off_t at) { return put(fd, data, len, at, 0); }
ssize_t pwrite64(int fd, const void *data, size_t len, off_t at) { return put(fd, data, len, at, 0); }

int ftruncate(int fd, off_t size) {
  char path[4096];
  if (!ours(fd, path, sizeof path)) return real_trunc(fd, size);
  pthread_mutex_lock(&lock);
  int done = -1;
  if (!strikes(size > size_of(fd))) {
    if (size < size_of(fd)) note(fd, path, NULL, 0, size, 1);
    done = real_trunc(fd, size);
  }
  pthread_mutex_unlock(&lock);
  return done;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

static int sync_by(int fd, int (*by)(int)) {
  char path[4096];
  if (!ours(fd, path, sizeof path)) return by(fd);
  pthread_mutex_lock(&lock);
  int done = -1;
  if (!strikes(0)) { done = by(fd); if (!done) synced(path); }
  pthread_mutex_unlock(&lock);
  return done;
}
int fsync(int fd) { return sync_by(fd, real_fsync); }
int fdatasync(int fd) { return sync_by(fd, real_fdatasync); }

static int opened(const char *path, int flags, mode_t perm) {
  struct stat s;
  int writes = (flags & O_ACCMODE) != O_RDONLY;
  if (mode[0] && is_ours(path) && writes) {
    int makes = (flags & O_CREAT) && stat(path, &s);
    pthread_mutex_lock(&lock);
    int fails = (makes || !strcmp(mode, "rofs")) && strikes(makes);
    pthread_mutex_unlock(&lock);
    if (fails) return -1;
  }
  return real_open(path, flags, perm);
}
int open(const char *path, int flags, ...) {
  va_list more; va_start(more, flags); mode_t perm = (flags & O_CREAT) ? va_arg(more, mode_t) : 0; va_end(more);
  return opened(path, flags, perm);
}
int open64(const char *path, int flags, ...) {
  va_list more; va_start(more, flags); mode_t perm = (flags & O_CREAT) ? va_arg(more, mode_t) : 0; va_end(more);
  return opened(path, flags, perm);
}
