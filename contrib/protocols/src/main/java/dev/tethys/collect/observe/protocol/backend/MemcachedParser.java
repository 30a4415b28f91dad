package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Text protocol of memcached, meta commands included. Keys are kept, values are not. */
final class MemcachedParser extends ProtocolParser {
  private static final int LONGEST_LINE = 2048;
  private static final int LARGEST = 1 << 30;
  private static final Set<String> STORES =
      Set.of("set", "add", "cas", "append", "prepend", "replace");
  private static final Set<String> READS = Set.of("get", "gets", "gat", "gats");
  private static final Set<String> KEYED = Set.of("incr", "decr", "touch", "delete");
  private static final Set<String> META = Set.of("mg", "ms", "md", "ma", "mn", "me");
  private static final Set<String> OTHERS =
      Set.of("flush_all", "version", "stats", "verbosity", "quit", "cache_memlimit");
  private static final Set<String> FAILURES = Set.of("ERROR", "CLIENT_ERROR", "SERVER_ERROR");

  private long answerBytes;

  MemcachedParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    int eol = in.indexOf('\n', 0, LONGEST_LINE);
    if (eol < 4 || in.u8(eol - 1) != '\r') {
      return false;
    }
    List<String> words = words(in, eol);
    String verb = words.getFirst();
    int n = words.size();
    if (READS.contains(verb) || KEYED.contains(verb) || STORES.contains(verb)) {
      return n
          >= (verb.equals("get") || verb.equals("gets") || verb.equals("delete")
              ? 2
              : STORES.contains(verb) ? 5 : 3);
    }
    return verb.equals("mn") && n == 1
        || (verb.equals("mg") || verb.equals("md") || verb.equals("ma")) && n >= 2
        || verb.equals("ms") && n >= 3 && number(words.get(2)) >= 0;
  }

  private static List<String> words(StreamBuffer in, int eol) {
    return List.of(in.text(0, eol).stripTrailing().split(" +"));
  }

  /** Returns the verb and keys of a command. */
  static List<String> command(StreamBuffer in) {
    int eol = in.indexOf('\n', 0, LONGEST_LINE);
    List<String> words = words(in, eol < 0 ? in.available() : eol);
    String verb = words.getFirst();
    int n = words.size();
    if (verb.equals("get") || verb.equals("gets")) {
      return words;
    }
    if (verb.startsWith("gat")) {
      return n < 3 ? List.of(verb) : concat(verb, words.subList(2, n));
    }
    return n < 2 || OTHERS.contains(verb) ? List.of(verb) : List.of(verb, words.get(1));
  }

  private static List<String> concat(String verb, List<String> keys) {
    List<String> out = new ArrayList<>();
    out.add(verb);
    out.addAll(keys);
    return out;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    requests.sentAgain();
    int eol = in.indexOf('\n', 0, LONGEST_LINE);
    if (eol < 0) {
      if (in.truncated() || in.available() >= LONGEST_LINE) {
        return longGet(in);
      }
      return Step.MORE;
    }
    List<String> words = words(in, eol);
    String verb = words.getFirst();
    long data = -1;
    if (STORES.contains(verb)) {
      data = words.size() >= 5 ? number(words.get(4)) : -2;
    } else if (verb.equals("ms")) {
      data = words.size() >= 3 ? number(words.get(2)) : -2;
    } else if (!READS.contains(verb)
        && !KEYED.contains(verb)
        && !META.contains(verb)
        && !OTHERS.contains(verb)) {
      return Step.WRONG;
    }
    if (data == -2 || data > LARGEST) {
      return Step.WRONG;
    }
    boolean silent =
        words.getLast().equals("noreply")
            || META.contains(verb) && words.contains("q")
            || verb.equals("quit");
    long size = eol + 1 + (data >= 0 ? data + 2 : 0);
    if (!silent) {
      open(in, size);
    }
    in.take(size);
    return Step.NEXT;
  }

  /** Parses a command with more keys than are visible. */
  private Step longGet(StreamBuffer in) {
    if (!in.startsWith(0, "get ") && !in.startsWith(0, "gets ")) {
      return Step.WRONG;
    }
    open(in, in.available());
    in.takePayload();
    return Step.MORE;
  }

  private void open(StreamBuffer in, long size) {
    Pending p = requests.open(in.startTime());
    if (p != null) {
      List<String> command = command(in);
      p.operation = command.getFirst();
      p.statement = p.operation + (command.size() > 2 ? " ? ..." : command.size() > 1 ? " ?" : "");
      p.requestBytes = size;
    }
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    int eol = in.indexOf('\n', 0, LONGEST_LINE);
    if (eol < 0) {
      return in.truncated() || in.available() >= LONGEST_LINE ? Step.WRONG : Step.MORE;
    }
    List<String> words = words(in, eol);
    String first = words.getFirst();
    long size = eol + 1L;
    boolean ends = true;
    boolean failed = FAILURES.contains(first);
    switch (first) {
      case "VALUE" -> {
        long n = words.size() >= 4 ? number(words.get(3)) : -2;
        if (n < 0 || n > LARGEST) {
          return Step.WRONG;
        }
        size += n + 2;
        ends = false;
      }
      case "VA" -> {
        long n = words.size() >= 2 ? number(words.get(1)) : -2;
        if (n < 0 || n > LARGEST) {
          return Step.WRONG;
        }
        size += n + 2;
      }
      case "STAT" -> ends = false;
      case "END",
          "STORED",
          "NOT_STORED",
          "EXISTS",
          "NOT_FOUND",
          "DELETED",
          "TOUCHED",
          "OK",
          "RESET",
          "BUSY",
          "VERSION",
          "HD",
          "EN",
          "NS",
          "EX",
          "NF",
          "MN",
          "ME",
          "ERROR",
          "CLIENT_ERROR",
          "SERVER_ERROR" -> {
        // Ends a response.
      }
      default -> {
        if (number(first) < 0) {
          return Step.WRONG;
        }
      }
    }
    in.take(size);
    answerBytes += size;
    if (ends) {
      Pending p = requests.close();
      if (p != null) {
        p.status = failed ? Status.FAILED : Status.OK;
        p.code = failed ? first : "";
        p.responseBytes = answerBytes;
        requests.report(p, now);
      }
      answerBytes = 0;
    }
    return Step.NEXT;
  }

  @Override
  public boolean answersBeforeNextRequest() {
    return true;
  }

  @Override
  public void lost(boolean request, long now) {
    if (!request) {
      Pending p = requests.oldest();
      if (p != null && p.status == Status.UNKNOWN) {
        p.status = Status.OK;
      }
      requests.answerLost(now);
    }
  }

  @Override
  public void flushIdle(long now) {
    requests.quietSince(now);
  }

  /** Parses a decimal number; -2 if invalid. */
  private static long number(String word) {
    if (word.isEmpty() || word.length() > 19) {
      return -2;
    }
    long n = 0;
    for (int i = 0; i < word.length(); i++) {
      char c = word.charAt(i);
      if (c < '0' || c > '9') {
        return -2;
      }
      n = n * 10 + c - '0';
    }
    return n < 0 ? 0 : n;
  }
}
