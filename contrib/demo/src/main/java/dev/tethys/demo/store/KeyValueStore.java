package dev.tethys.demo.store;

import dev.tethys.demo.Listening;
import dev.tethys.demo.LoopbackServer;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Server of hashes and one kind of list, with Redis's protocol (RESP2): PING, HINCRBY, HGETALL,
 * DEL, LPUSH, LLEN, BRPOP. Bounded: the oldest hash and the oldest list item free space.
 */
public final class KeyValueStore implements Listening {
  private static final int MAX_ARGUMENTS = 16;
  private static final int MAX_ARGUMENT = 64 << 10;
  private static final int MAX_HASHES = 10_000;
  private static final int MAX_FIELDS = 100;
  private static final int MAX_ITEMS = 10_000;
  private static final int MAX_LISTS = 16;

  private final LoopbackServer server;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition pushed = lock.newCondition();
  private final LinkedHashMap<String, Map<String, Long>> hashes = new LinkedHashMap<>();
  private final Map<String, ArrayDeque<String>> lists = new LinkedHashMap<>();
  private volatile boolean closed;

  /**
   * @param address address to listen on
   */
  public KeyValueStore(String address) throws IOException {
    server = new LoopbackServer("store", address, this::serve);
  }

  @Override
  public int port() {
    return server.port();
  }

  private void serve(DataInputStream in, DataOutputStream out) throws IOException {
    while (true) {
      List<String> command = command(in);
      if (command == null) {
        return;
      }
      try {
        answer(command, out);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      out.flush();
    }
  }

  private static @Nullable List<String> command(DataInputStream in) throws IOException {
    int first = in.read();
    if (first < 0) {
      return null;
    }
    if (first != '*') {
      throw new IOException("command must be an array");
    }
    int n = number(in, MAX_ARGUMENTS);
    List<String> out = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      if (in.read() != '$') {
        throw new IOException("argument must be a bulk string");
      }
      byte[] text = in.readNBytes(number(in, MAX_ARGUMENT));
      in.skipNBytes(2);
      out.add(new String(text, StandardCharsets.UTF_8));
    }
    return out;
  }

  static int number(DataInputStream in, int max) throws IOException {
    int n = 0;
    for (int b = in.readUnsignedByte(); b != '\r'; b = in.readUnsignedByte()) {
      if (b < '0' || b > '9' || n > max) {
        throw new IOException("length is not a number of at most " + max);
      }
      n = n * 10 + b - '0';
    }
    in.skipNBytes(1);
    if (n > max) {
      throw new IOException("length " + n + " exceeds " + max);
    }
    return n;
  }

  private void answer(List<String> c, DataOutputStream out)
      throws IOException, InterruptedException {
    String name = c.isEmpty() ? "" : c.getFirst().toUpperCase(Locale.ROOT);
    lock.lock();
    try {
      switch (name + "/" + c.size()) {
        case "PING/1" -> write(out, "+PONG");
        case "HINCRBY/4" -> write(out, ":" + increment(c.get(1), c.get(2), c.get(3)));
        case "HGETALL/2" -> {
          List<String> pairs = new ArrayList<>();
          hashes
              .getOrDefault(c.get(1), Map.of())
              .forEach((k, v) -> pairs.addAll(List.of(k, v.toString())));
          array(out, pairs);
        }
        case "DEL/2" -> write(out, hashes.remove(c.get(1)) == null ? ":0" : ":1");
        case "LPUSH/3" -> write(out, ":" + push(c.get(1), c.get(2)));
        case "LLEN/2" -> write(out, ":" + list(c.get(1)).size());
        case "BRPOP/3" -> {
          String item = pop(c.get(1), c.get(2));
          if (item == null) {
            write(out, "*-1");
          } else {
            array(out, List.of(c.get(1), item));
          }
        }
        default -> write(out, "-ERR unknown command or wrong number of arguments");
      }
    } catch (NumberFormatException e) {
      write(out, "-ERR value is not an integer");
    } finally {
      lock.unlock();
    }
  }

  private long increment(String key, String field, String by) {
    Map<String, Long> hash = hashes.computeIfAbsent(key, k -> new LinkedHashMap<>());
    long value = hash.merge(field, Long.parseLong(by), Long::sum);
    if (hash.size() > MAX_FIELDS) {
      hash.remove(hash.keySet().iterator().next());
    }
    if (hashes.size() > MAX_HASHES) {
      hashes.pollFirstEntry();
    }
    return value;
  }

  private ArrayDeque<String> list(String key) {
    return lists.size() >= MAX_LISTS && !lists.containsKey(key)
        ? new ArrayDeque<>()
        : lists.computeIfAbsent(key, k -> new ArrayDeque<>());
  }

  private int push(String key, String item) {
    ArrayDeque<String> list = list(key);
    list.addFirst(item);
    if (list.size() > MAX_ITEMS) {
      list.removeLast();
    }
    pushed.signalAll();
    return list.size();
  }

  private @Nullable String pop(String key, String seconds) throws InterruptedException {
    long remaining = TimeUnit.SECONDS.toNanos(Math.clamp(Long.parseLong(seconds), 1, 60));
    while (remaining > 0 && !closed) {
      String item = list(key).pollLast();
      if (item != null) {
        return item;
      }
      remaining = pushed.awaitNanos(remaining);
    }
    return null;
  }

  private static void array(DataOutputStream out, List<String> items) throws IOException {
    write(out, "*" + items.size());
    for (String item : items) {
      byte[] b = item.getBytes(StandardCharsets.UTF_8);
      write(out, "$" + b.length);
      out.write(b);
      out.write('\r');
      out.write('\n');
    }
  }

  private static void write(DataOutputStream out, String line) throws IOException {
    out.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    closed = true;
    lock.lock();
    try {
      pushed.signalAll();
    } finally {
      lock.unlock();
    }
    server.close();
  }
}
