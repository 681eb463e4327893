/*
 * Makes every fsync and fdatasync of a process take FSYNC_DELAY_US microseconds longer. For LD_PRELOAD; a program that is
 * linked statically is not affected.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void delay(void) {
  const char *text = getenv("FSYNC_DELAY_US");
  long us = text ? atol(text) : 0;
  struct timespec rest = { us / 1000000, us % 1000000 * 1000 };
  while (nanosleep(&rest, &rest) != 0) { }
}

int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  delay();
  return real(fd);
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  delay();
  return real(fd);
}
