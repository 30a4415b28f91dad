package dev.tethys.collect.observe.protocol;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * RESP 2 and 3, the protocol of Redis, Valkey, KeyDB and Dragonfly: pipelines, nested responses,
 * pushes.
 *
 * <p>Of the arguments none is kept: keys have names of users and tokens of sessions in them.
 */
final class RedisParser extends ProtocolParser {
  private static final int LONGEST_KEY = 256;
  private static final int LONGEST_LINE = 1024;
  private static final long MOST_ELEMENTS = 1 << 20;
  private static final long LARGEST_BULK = 512L << 20;

  /**
   * Commands that identify a stream as Redis; subscription commands are answered with their name.
   */
  private static final Set<String> COMMANDS =
      Set.of(
          ("""
          ACL APPEND ASKING AUTH BITCOUNT BITFIELD BITOP BITPOS BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH \
          BZMPOP BZPOPMAX BZPOPMIN CLIENT CLUSTER COMMAND CONFIG COPY DBSIZE DECR DECRBY DEL DISCARD \
          DUMP ECHO EVAL EVALSHA EVALSHA_RO EVAL_RO EXEC EXISTS EXPIRE EXPIREAT EXPIRETIME FCALL \
          FCALL_RO FLUSHALL FLUSHDB FUNCTION GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEOSEARCH \
          GEOSEARCHSTORE GET GETBIT GETDEL GETEX GETRANGE GETSET HDEL HELLO HEXISTS HEXPIRE HGET \
          HGETALL HGETDEL HGETEX HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HPERSIST HPEXPIRE HPTTL \
          HRANDFIELD HSCAN HSET HSETEX HSETNX HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT INFO KEYS \
          LASTSAVE LATENCY LCS LINDEX LINSERT LLEN LMOVE LMPOP LOLWUT LPOP LPOS LPUSH LPUSHX LRANGE \
          LREM LSET LTRIM MEMORY MGET MIGRATE MODULE MONITOR MOVE MSET MSETNX MULTI OBJECT PERSIST \
          PEXPIRE PEXPIREAT PEXPIRETIME PFADD PFCOUNT PFMERGE PING PSETEX PSYNC PTTL PUBLISH PUBSUB \
          QUIT RANDOMKEY READONLY READWRITE RENAME RENAMENX REPLCONF RESET RESTORE ROLE RPOP \
          RPOPLPUSH RPUSH RPUSHX SADD SAVE SCAN SCARD SCRIPT SDIFF SDIFFSTORE SELECT SENTINEL SET \
          SETBIT SETEX SETNX SETRANGE SHUTDOWN SINTER SINTERCARD SINTERSTORE SISMEMBER SLOWLOG \
          SMEMBERS SMISMEMBER SMOVE SORT SORT_RO SPOP SPUBLISH SRANDMEMBER SREM SSCAN STRLEN SUNION \
          SUNIONSTORE SWAPDB TIME TOUCH TTL TYPE UNLINK UNWATCH WAIT WAITAOF WATCH XACK XADD \
          XAUTOCLAIM XCLAIM XDEL XGROUP XINFO XLEN XPENDING XRANGE XREAD XREADGROUP XREVRANGE XTRIM \
          ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD ZINTERSTORE ZLEXCOUNT ZMPOP \
          ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK \
          ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYSCORE ZREVRANK \
          ZSCAN ZSCORE ZUNION ZUNIONSTORE""")
              .split(" "));

  /** Remaining arguments of the command being read. */
  private long argumentsLeft;

  private int argument;
  private @Nullable Pending sending;

  /** Remaining elements of the response being read; 0 between responses. */
  private long elementsLeft;

  private boolean push;
  private boolean failed;
  private String error = "";
  private long answerBytes;

  RedisParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    // *<n>\r\n$<n>\r\n<letter>
    int i = count(in, 0, '*');
    if (i < 0) {
      return false;
    }
    int j = count(in, i, '$');
    if (j < 0 || j >= in.available() || !Character.isLetter(in.u8(j))) {
      return false;
    }
    // A response that is an array of strings has the same form, so the command must be a known one.
    int end = in.indexOf('\r', j, j + 32);
    String name = in.text(j, end < 0 ? in.available() : end).toUpperCase(Locale.ROOT);
    return COMMANDS.contains(name) || name.indexOf('.') > 0 && i == 4;
  }

  /** Index after a line with a type and a positive number at i, or -1. */
  private static int count(StreamBuffer in, int from, int type) {
    if (in.available() < from + 4 || in.u8(from) != type) {
      return -1;
    }
    int i = from + 1;
    while (i < in.available() && i < from + 8 && digit(in.u8(i))) {
      i++;
    }
    boolean ends =
        i > from + 1 && in.available() > i + 1 && in.u8(i) == '\r' && in.u8(i + 1) == '\n';
    return ends && in.u8(from + 1) != '0' ? i + 2 : -1;
  }

  private static boolean digit(int c) {
    return c >= '0' && c <= '9';
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (requests.sentAgain()) {
      elementsLeft = 0;
    }
    int eol = in.indexOf('\n', 0, LONGEST_LINE);
    if (eol < 0) {
      if (in.truncated()) {
        in.takePayload();
        lost(true, now);
        return Step.MORE;
      }
      return in.available() >= LONGEST_LINE ? Step.WRONG : Step.MORE;
    }
    if (argumentsLeft == 0) {
      return command(in, eol);
    }
    long n = number(in, 1, eol);
    if (in.u8(0) != '$' || n < 0 || n > LARGEST_BULK) {
      return Step.WRONG;
    }
    long size = eol + 1 + n + 2;
    boolean isName = argument == 0;
    if (isName && !in.ready(eol + 1 + Math.min(n, LONGEST_KEY))) {
      return Step.MORE;
    }
    Pending p = sending;
    if (p != null) {
      p.requestBytes += size;
      if (isName) {
        String name = in.text(eol + 1, (int) (eol + 1 + Math.min(n, LONGEST_KEY)));
        p.operation = name.toUpperCase(Locale.ROOT);
        p.statement = p.operation + (argumentsLeft > 2 ? " ? ..." : argumentsLeft == 2 ? " ?" : "");
      }
    }
    in.take(size);
    argument++;
    argumentsLeft--;
    if (argumentsLeft == 0) {
      sending = null;
    }
    return Step.NEXT;
  }

  private Step command(StreamBuffer in, int eol) {
    if (in.u8(0) != '*') {
      return inline(in, eol);
    }
    long n = number(in, 1, eol);
    if (n < 0 || n > MOST_ELEMENTS) {
      return Step.WRONG;
    }
    Pending p = n == 0 ? null : requests.open(in.startTime());
    if (p != null) {
      p.requestBytes = eol + 1;
    }
    sending = p;
    argumentsLeft = n;
    argument = 0;
    in.take(eol + 1L);
    return Step.NEXT;
  }

  /** Command as plain text in a line, like PING of a health check. */
  private Step inline(StreamBuffer in, int eol) {
    int c = in.u8(0);
    if (c == '\r' || c == '\n') {
      in.take(eol + 1L);
      return Step.NEXT;
    }
    String line = in.text(0, eol).strip();
    int end = line.indexOf(' ');
    String name = end < 0 ? line : line.substring(0, end);
    if (name.isEmpty() || name.length() > 24 || !name.chars().allMatch(Character::isLetter)) {
      return Step.WRONG;
    }
    Pending p = requests.open(in.startTime());
    if (p != null) {
      p.operation = name.toUpperCase(Locale.ROOT);
      p.statement = p.operation;
      p.requestBytes = eol + 1;
    }
    in.take(eol + 1L);
    return Step.NEXT;
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    if (in.available() == 0) {
      if (elementsLeft == -1 && !in.skipping()) {
        finish(now);
      }
      return Step.MORE;
    }
    if (elementsLeft == -1) {
      finish(now);
    }
    int eol = in.indexOf('\n', 0, in.available());
    if (eol < 0) {
      if (in.truncated() || in.available() >= LONGEST_LINE) {
        int c = in.u8(0);
        if (elementsLeft > 0 || "+-:$*_#,(!=%~>|".indexOf(c) >= 0) {
          // The line ends out of sight.
          note(c, in.text(1, Math.min(in.available(), LONGEST_LINE)));
          in.takePayload();
          requests.answerLost(now);
          describe();
          return Step.MORE;
        }
        return Step.WRONG;
      }
      return Step.MORE;
    }
    return element(in, eol, now);
  }

  private Step element(StreamBuffer in, int eol, long now) {
    int type = in.u8(0);
    long n = 0;
    if (elementsLeft == 0) {
      elementsLeft = 1;
      push = type == '>';
      failed = false;
      error = "";
      answerBytes = 0;
    }
    long size = eol + 1L;
    switch (type) {
      case '+', ':', '_', '#', ',', '(' -> {
        // Complete with the line.
      }
      case '-' -> note(type, in.text(1, Math.min(eol, LONGEST_LINE)));
      case '$', '!', '=' -> {
        n = number(in, 1, eol);
        if (n < -1 || n > LARGEST_BULK) {
          return wrong();
        }
        if (type == '!') {
          note(type, in.text(eol + 1, (int) (eol + 1 + Math.min(n, LONGEST_KEY))));
        }
        size += n < 0 ? 0 : n + 2;
      }
      case '*', '~', '>', '%', '|' -> {
        n = number(in, 1, eol);
        if (n < -1 || n > MOST_ELEMENTS) {
          return wrong();
        }
        elementsLeft +=
            Math.max(0, n) * (type == '%' || type == '|' ? 2 : 1) + (type == '|' ? 1 : 0);
      }
      default -> {
        return wrong();
      }
    }
    in.take(size);
    answerBytes += size;
    elementsLeft--;
    if (elementsLeft == 0) {
      if (in.skipping()) {
        elementsLeft = -1;
      } else {
        finish(now);
      }
    }
    return Step.NEXT;
  }

  private Step wrong() {
    elementsLeft = 0;
    return Step.WRONG;
  }

  private void note(int type, String text) {
    if ((type == '-' || type == '!') && elementsLeft <= 1) {
      failed = true;
      int end = text.indexOf(' ');
      error = (end < 0 ? text : text.substring(0, end)).strip();
    }
  }

  private void finish(long now) {
    elementsLeft = 0;
    if (push) {
      return;
    }
    Pending p = requests.close();
    if (p != null) {
      describe(p);
      requests.report(p, now);
    }
  }

  private void describe() {
    Pending p = requests.oldest();
    if (p != null) {
      describe(p);
    }
  }

  private void describe(Pending p) {
    p.status = failed ? Status.FAILED : Status.OK;
    p.code = failed ? error : "";
    p.responseBytes = answerBytes;
  }

  @Override
  public boolean answersBeforeNextRequest() {
    return true;
  }

  @Override
  public void lost(boolean request, long now) {
    if (request) {
      argumentsLeft = 0;
      sending = null;
    } else {
      if (elementsLeft != 0) {
        describe();
      }
      elementsLeft = 0;
      requests.answerLost(now);
    }
  }

  @Override
  public void flushIdle(long now) {
    if (requests.quietSince(now)) {
      elementsLeft = 0;
    }
  }

  /** Number in a line, or Long.MIN_VALUE. */
  private static long number(StreamBuffer in, int from, int eol) {
    int to = eol > from && in.u8(eol - 1) == '\r' ? eol - 1 : eol;
    int i = from;
    boolean negative = i < to && in.u8(i) == '-';
    if (negative) {
      i++;
    }
    if (i == to || to - i > 12) {
      return Long.MIN_VALUE;
    }
    long n = 0;
    for (; i < to; i++) {
      if (!digit(in.u8(i))) {
        return Long.MIN_VALUE;
      }
      n = n * 10 + in.u8(i) - '0';
    }
    return negative ? -n : n;
  }
}
