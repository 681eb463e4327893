// Preloaded into a server (LD_PRELOAD) to stand between it and the disk. Before each sync it reads the file DISK_CONTROL:
//   delay N   the sync takes N microseconds longer
//   fail      the sync fails with EIO
//   freeze    the sync does not end until the file has another content
//   freeze unreadable   the same, and every read of a file at an offset fails with ETIMEDOUT, as of a block device in a network
// After a sync, if DISK_COPIES is the path of a folder, the file as it was synced is copied there: what a power failure
// would leave at least.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t copying = PTHREAD_MUTEX_INITIALIZER;

static void pause_microseconds(long microseconds) {
  struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
  while (nanosleep(&time, &time) != 0 && errno == EINTR) continue;
}

static void read_control(char *control, size_t size) {
  control[0] = '\0';
  const char *path = getenv("DISK_CONTROL");
  int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t length = read(file, control, size - 1);
  control[length < 0 ? 0 : length] = '\0';
  close(file);
}

/* Copies a synced file, all at once for anyone who reads the copy. */
static void copy(int fd) {
  const char *folder = getenv("DISK_COPIES");
  char link[64], path[4096], target[8192], temporary[8200];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = folder == NULL ? -1 : readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = '\0';
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return;
  snprintf(target, sizeof target, "%s/%s", folder, strrchr(path, '/') + 1);
  snprintf(temporary, sizeof temporary, "%s.new", target);
  pthread_mutex_lock(&copying);
  int to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  static char buffer[1 << 18];
  for (off_t offset = 0; to >= 0 && (length = pread(fd, buffer, sizeof buffer, offset)) > 0; offset += length) {
    if (write(to, buffer, length) != length) abort();
  }
  close(to);
  rename(temporary, target);
  pthread_mutex_unlock(&copying);
}

static int sync_through(const char *name, int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  char control[64];
  read_control(control, sizeof control);
  while (strncmp(control, "freeze", 6) == 0) {
    pause_microseconds(1000);
    read_control(control, sizeof control);
  }
  if (strncmp(control, "fail", 4) == 0) {
    errno = EIO;
    return -1;
  }
  if (strncmp(control, "delay ", 6) == 0) pause_microseconds(atol(control + 6));
  int result = real(fd);
  if (result == 0) copy(fd);
  return result;
}

/* SQLite's reads. */
ssize_t pread64(int fd, void *buffer, size_t size, off64_t offset) {
  ssize_t (*real)(int, void *, size_t, off64_t) = (ssize_t (*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
  char control[64];
  read_control(control, sizeof control);
  if (strcmp(control, "freeze unreadable") == 0) {
    errno = ETIMEDOUT;
    return -1;
  }
  return real(fd, buffer, size, offset);
}

int fsync(int fd) { return sync_through("fsync", fd); }

int fdatasync(int fd) { return sync_through("fdatasync", fd); }
