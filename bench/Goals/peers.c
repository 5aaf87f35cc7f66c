// The other ends of the measurements, in C so that they cost little. All on 127.0.0.1, all bounded in time.
//   peers answer PORT                    every request gets a 200 at once, until SIGTERM
//   peers swallow PORT                   reads and says nothing, until SIGTERM
//   peers watch PORT SECONDS             how late copies of INVITEs are, by RFC 3261, 17.1.1.2
//   peers flood PORT SECONDS RATE SOURCES  new OPTIONS from so many addresses 127.0.1.x; 0 = as fast as it goes
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define LONGEST 4096
#define CALLS (1 << 20)

static volatile sig_atomic_t stopped;
static void stop(int signal) { (void)signal; stopped = 1; }
static double now(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec + t.tv_nsec * 1e-9; }

static int bound(const char *address, int port) {
  int s = socket(AF_INET, SOCK_DGRAM, 0), size = 64 << 20, on = 1;
  if (setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)) setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  struct timeval wait = {0, 100000}; setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(address)};
  if (bind(s, (void *)&a, sizeof a)) { perror("bind"); exit(1); }
  return s;
}

static char in[BATCH][LONGEST], out[BATCH][LONGEST], control[BATCH][256];
static struct iovec iin[BATCH], iout[BATCH];
static struct mmsghdr min[BATCH], mout[BATCH];
static struct sockaddr_in from[BATCH];

static int receive(int s) {
  for (int i = 0; i < BATCH; i++) {
    iin[i] = (struct iovec){in[i], LONGEST - 1};
    min[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &iin[i], .msg_iovlen = 1,
                                     .msg_control = control[i], .msg_controllen = sizeof control[i]};
  }
  int n = recvmmsg(s, min, BATCH, MSG_WAITFORONE, 0);
  for (int i = 0; i < n; i++) in[i][min[i].msg_len] = 0;
  return n;
}

static void give(int s, int n) {
  for (int sent = 0; sent < n;) { int k = sendmmsg(s, mout + sent, n - sent, 0); if (k <= 0) return; sent += k; }
}

// The request with another start line and a To tag: all that a 200 must have of it is in it.
static int answer(const char *request, char *response) {
  if (!strncmp(request, "SIP/2.0", 7) || !strncmp(request, "ACK", 3)) return 0;
  const char *rest = strstr(request, "\r\n"), *to = rest ? strcasestr(rest, "\r\nTo:") : 0, *end = to ? strstr(to + 2, "\r\n") : 0;
  if (!end) return 0;
  return sprintf(response, "SIP/2.0 200 OK%.*s;tag=b%s", (int)(end - rest), rest, end);
}

static void answering(int port) {
  int s = bound("127.0.0.1", port); long answered = 0;
  while (!stopped) {
    int n = receive(s), k = 0;
    for (int i = 0; i < n; i++) {
      int length = answer(in[i], out[k]);
      if (!length) continue;
      iout[k] = (struct iovec){out[k], length};
      mout[k].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &iout[k], .msg_iovlen = 1};
      k++;
    }
    give(s, k); answered += k;
  }
  printf("answered=%ld\n", answered);
}

static void swallowing(int port) {
  int s = bound("127.0.0.1", port); long n = 0;
  while (!stopped) { int k = receive(s); if (k > 0) n += k; }
  printf("swallowed=%ld\n", n);
}

static double stamp(struct mmsghdr *m) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->msg_hdr); c; c = CMSG_NXTHDR(&m->msg_hdr, c))
    if (c->cmsg_type == SCM_TIMESTAMPNS) { struct timespec t; memcpy(&t, CMSG_DATA(c), sizeof t); return t.tv_sec + t.tv_nsec * 1e-9; }
  return now();
}

static double first[CALLS]; static unsigned char copies[CALLS]; static long late[200001]; // in steps of 10 us, to 2 s

static void note(double seconds, long *n, double *worst, long *early) {
  if (seconds > *worst) *worst = seconds;
  if (seconds < -0.001) (*early)++;
  int bucket = seconds < 0 ? 0 : seconds >= 2 ? 200000 : (int)(seconds * 1e5);
  late[bucket]++; (*n)++;
}

static double percentile(long n, double p) {
  long sum = 0;
  for (int i = 0; i <= 200000; i++) { sum += late[i]; if (sum >= n * p) return (i + 1) * 0.01; }
  return 2000;
}

// A copy's due time counts from the call's first packet: 500 ms, doubled each time. Its number is in "call-N@".
static void watching(int port, double seconds) {
  static const double due[] = {0, .5, 1.5, 3.5, 7.5, 15.5, 31.5};
  int s = bound("127.0.0.1", port); long n = 0, early = 0, packets = 0, odd = 0; double worst = 0, end = now() + seconds;
  while (!stopped && now() < end) {
    int k = receive(s);
    for (int i = 0; i < k; i++) {
      const char *id = strstr(in[i], "call-"); long call = id ? atol(id + 5) : -1; packets++;
      if (call < 0 || call >= CALLS) { odd++; continue; }
      double at = stamp(&min[i]);
      if (!copies[call]++) { first[call] = at; continue; }
      if (copies[call] > 7) { odd++; continue; }
      note(at - first[call] - due[copies[call] - 1], &n, &worst, &early);
    }
  }
  printf("packets=%ld copies=%ld p50_ms=%.2f p99_ms=%.2f p999_ms=%.2f max_ms=%.2f early=%ld odd=%ld\n", packets, n, percentile(n, .5),
         percentile(n, .99), percentile(n, .999), worst * 1e3, early, odd);
}

static int request(char *p, const char *ip, int port, int to, long serial) {
  return sprintf(p, "OPTIONS sip:service@127.0.0.1:%d SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;rport;branch=z9hG4bKf%x-%ld\r\nMax-Forwards: 70\r\n"
    "From: <sip:flood@%s>;tag=f%ld\r\nTo: <sip:service@127.0.0.1>\r\nCall-ID: flood-%x-%ld@%s\r\nCSeq: 1 OPTIONS\r\n"
    "Contact: <sip:flood@%s:%d>\r\nAccept: application/sdp\r\nUser-Agent: flood\r\nContent-Length: 0\r\n\r\n",
    to, ip, port, getpid(), serial, ip, serial, getpid(), serial, ip, ip, port);
}

static void flooding(int port, double seconds, double rate, int sources) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr("127.0.0.1")};
  int s[256]; char ip[256][16]; long n = 0, answered = 0, refused = 0; double begin = now(), end = begin + seconds;
  if (sources > 256) sources = 256;
  for (int i = 0; i < sources; i++) { sprintf(ip[i], "127.0.1.%d", i + 1); s[i] = bound(ip[i], 5060); }
  while (!stopped && now() < end) {
    int which = (n / BATCH) % sources;
    if (rate > 0 && n > (now() - begin) * rate) { struct timespec ms = {0, 500000}; nanosleep(&ms, 0); }
    else {
      for (int i = 0; i < BATCH; i++) {
        iout[i] = (struct iovec){out[i], request(out[i], ip[which], 5060, port, n++)};
        mout[i].msg_hdr = (struct msghdr){.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &iout[i], .msg_iovlen = 1};
      }
      give(s[which], BATCH);
    }
    for (int i = 0; i < BATCH; i++) { iin[i] = (struct iovec){in[i], LONGEST - 1}; min[i].msg_hdr = (struct msghdr){.msg_iov = &iin[i], .msg_iovlen = 1}; }
    int k = recvmmsg(s[which], min, BATCH, MSG_DONTWAIT, 0);
    for (int i = 0; i < k; i++) { answered++; if (!strncmp(in[i], "SIP/2.0 503", 11)) refused++; }
  }
  printf("sent=%ld rate=%.0f answered=%ld refused=%ld\n", n, n / (now() - begin), answered, refused);
}

int main(int count, char **word) {
  struct sigaction action = {.sa_handler = stop}; sigaction(SIGTERM, &action, 0); sigaction(SIGINT, &action, 0);
  if (count == 3 && !strcmp(word[1], "answer")) answering(atoi(word[2]));
  else if (count == 3 && !strcmp(word[1], "swallow")) swallowing(atoi(word[2]));
  else if (count == 4 && !strcmp(word[1], "watch")) watching(atoi(word[2]), atof(word[3]));
  else if (count == 6 && !strcmp(word[1], "flood")) flooding(atoi(word[2]), atof(word[3]), atof(word[4]), atoi(word[5]));
  else return fputs("see the head of peers.c\n", stderr), 2;
  return 0;
}
