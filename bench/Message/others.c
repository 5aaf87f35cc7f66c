// Parse and print with sofia-sip and libosip2 (Debian's -dev packages); our own code.
// One line a message: name, sofia parse, sofia print, osip parse, in ns, each the median of 41 rounds.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <osipparser2/osip_parser.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_parser.h>

enum { ROUNDS = 41, TIMES = 1000 };
static char raw[4096];
static size_t length;
static sip_t *parsed;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void sofia_parse(void) {
  msg_t *m = msg_make(sip_default_mclass(), 0, raw, length);
  if (!sip_object(m)->sip_call_id) exit(3);
  msg_destroy(m);
}

static void sofia_print(void) {
  char out[8192];
  size_t at = 0;
  void *first = parsed->sip_request ? (void *)parsed->sip_request : (void *)parsed->sip_status;
  for (msg_header_t *h = first; h; h = h->sh_succ) {
    issize_t n = msg_header_e(out + at, sizeof out - at, h, 0);
    if (n > 0) at += n;
  }
  if (at < 100) exit(4);
}

static void osip_parse(void) {
  osip_message_t *m;
  osip_message_init(&m);
  if (osip_message_parse(m, raw, length)) exit(5);
  osip_message_free(m);
}

static int rising(const void *a, const void *b) { return *(double *)a > *(double *)b ? 1 : -1; }

static double median(void (*f)(void)) {
  double t[ROUNDS];
  for (int r = 0; r < ROUNDS; r++) {
    double start = now();
    for (int i = 0; i < TIMES; i++) f();
    t[r] = (now() - start) / TIMES;
  }
  qsort(t, ROUNDS, sizeof *t, rising);
  return t[ROUNDS / 2];
}

int main(int argc, char **argv) {
  parser_init();
  for (int i = 1; i < argc; i++) {
    FILE *f = fopen(argv[i], "rb");
    if (!f) return 1;
    length = fread(raw, 1, sizeof raw - 1, f);
    raw[length] = 0;
    fclose(f);
    msg_t *m = msg_make(sip_default_mclass(), 0, raw, length);
    parsed = sip_object(m);
    printf("%s %.0f %.0f %.0f\n", argv[i], median(sofia_parse), median(sofia_print), median(osip_parse));
    msg_destroy(m);
  }
  return 0;
}
