// A network switch with latency and loss, for kernels without netem. It forwards the frames of the interfaces that are its
// arguments, each as much later as set, and loses some. Commands on its standard input, a line each:
//   delay N        every frame takes N microseconds
//   loss N         of a million frames, N are lost
//   slow NAME N    frames from and to this interface take N microseconds longer
//   cut A B        no frame passes between these two interfaces
//   heal           ends every slow and cut
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_PORTS 32
#define MAX_ADDRESSES 256
#define MAX_QUEUED 20000
#define FRAME_SIZE (1 << 17)
/* With offloading, frames have unfinished checksums and may be longer than the MTU: this header says so to the receiver. */
#define OFFLOAD_HEADER 10

struct frame {
  struct frame *next;
  int64_t due;
  int port;
  size_t length;
  unsigned char bytes[];
};

static int ports, sockets[MAX_PORTS];
static const char *names[MAX_PORTS];
static int64_t slow[MAX_PORTS], delay_us;
static unsigned long loss;
static char is_cut[MAX_PORTS][MAX_PORTS];
static struct { unsigned char address[6]; int port; } addresses[MAX_ADDRESSES];
static int address_count, queued;
static struct frame *queue;
static uint32_t state = 2463534242u;

static int64_t now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static uint32_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int open_port(const char *name) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, size = 1 << 22;
  if (fd < 0) fail("socket");
  if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0) fail("PACKET_VNET_HDR");
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) fail("PACKET_IGNORE_OUTGOING");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = if_nametoindex(name)};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) fail(name);
  return fd;
}

static int port_of(const char *name) {
  for (int i = 0; i < ports; i++) if (strcmp(names[i], name) == 0) return i;
  fprintf(stderr, "no interface %s\n", name);
  exit(1);
}

static void learn(const unsigned char *source, int port) {
  for (int i = 0; i < address_count; i++) {
    if (memcmp(addresses[i].address, source, 6) != 0) continue;
    addresses[i].port = port;
    return;
  }
  if (address_count == MAX_ADDRESSES) return;
  memcpy(addresses[address_count].address, source, 6);
  addresses[address_count++].port = port;
}

/* The port of an address, or -1 for all ports. */
static int find(const unsigned char *destination) {
  for (int i = 0; i < address_count; i++) if (memcmp(addresses[i].address, destination, 6) == 0) return addresses[i].port;
  return -1;
}

static void enqueue(int from, int to, const unsigned char *bytes, size_t length) {
  if (is_cut[from][to] || next_random() % 1000000 < loss || queued == MAX_QUEUED) return;
  struct frame *frame = malloc(sizeof *frame + length);
  if (frame == NULL) fail("malloc");
  frame->due = now_us() + delay_us + slow[from] + slow[to];
  frame->port = to;
  frame->length = length;
  memcpy(frame->bytes, bytes, length);
  struct frame **position = &queue;
  while (*position != NULL && (*position)->due <= frame->due) position = &(*position)->next;
  frame->next = *position;
  *position = frame;
  queued++;
}

static void receive(int from) {
  static unsigned char bytes[FRAME_SIZE];
  ssize_t length;
  while ((length = recv(sockets[from], bytes, sizeof bytes, 0)) > 0) {
    if (length < OFFLOAD_HEADER + 14) continue;
    learn(bytes + OFFLOAD_HEADER + 6, from);
    int to = find(bytes + OFFLOAD_HEADER);
    for (int i = 0; i < ports; i++) if (i != from && (to == -1 || to == i)) enqueue(from, i, bytes, length);
  }
}

/* A frame that its interface does not accept, because it is down, is lost. */
static void send_due(void) {
  int64_t now = now_us();
  while (queue != NULL && queue->due <= now) {
    struct frame *frame = queue;
    queue = frame->next;
    queued--;
    (void)!send(sockets[frame->port], frame->bytes, frame->length, 0);
    free(frame);
  }
}

static void obey(char *line) {
  char a[IFNAMSIZ], b[IFNAMSIZ];
  long number;
  if (sscanf(line, "delay %ld", &number) == 1) delay_us = number;
  else if (sscanf(line, "loss %ld", &number) == 1) loss = number;
  else if (sscanf(line, "slow %15s %ld", a, &number) == 2) slow[port_of(a)] = number;
  else if (sscanf(line, "cut %15s %15s", a, b) == 2) is_cut[port_of(a)][port_of(b)] = is_cut[port_of(b)][port_of(a)] = 1;
  else if (strcmp(line, "heal") == 0) {
    memset(slow, 0, sizeof slow);
    memset(is_cut, 0, sizeof is_cut);
  } else {
    fprintf(stderr, "unknown command: %s\n", line);
    exit(1);
  }
}

static void read_commands(void) {
  static char text[4096];
  static size_t length;
  ssize_t count = read(0, text + length, sizeof text - 1 - length);
  if (count <= 0) exit(0);
  text[length += count] = '\0';
  for (char *end; (end = strchr(text, '\n')) != NULL;) {
    *end = '\0';
    obey(text);
    length -= end + 1 - text;
    memmove(text, end + 1, length + 1);
  }
}

int main(int count, char **arguments) {
  struct pollfd polled[MAX_PORTS + 1];
  for (ports = 0; ports < count - 1 && ports < MAX_PORTS; ports++) {
    names[ports] = arguments[ports + 1];
    sockets[ports] = open_port(names[ports]);
    polled[ports] = (struct pollfd){.fd = sockets[ports], .events = POLLIN};
  }
  polled[ports] = (struct pollfd){.fd = 0, .events = POLLIN};
  puts("ready");
  fflush(stdout);
  for (;;) {
    int64_t wait = queue == NULL ? 1000000 : queue->due - now_us();
    if (wait < 0) wait = 0;
    struct timespec timeout = {wait / 1000000, wait % 1000000 * 1000};
    if (ppoll(polled, ports + 1, &timeout, NULL) < 0 && errno != EINTR) fail("ppoll");
    send_due();
    if (polled[ports].revents) read_commands();
    for (int i = 0; i < ports; i++) if (polled[i].revents) receive(i);
  }
}
