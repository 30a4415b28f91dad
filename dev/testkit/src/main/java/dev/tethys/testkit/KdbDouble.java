package dev.tethys.testkit;

import com.kx.c;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Test double of a kdb+ process that receives and serves samples, for KX's own Java client.
 * Supports {@code .u.upd} of a stock tickerplant with its checks, {@code upsert} into keyed and
 * plain tables, functional select, including distinct rows, with {@code in}, {@code within},
 * equality and {@code not}. Unknown functions and expressions get an error, as in kdb+.
 */
public final class KdbDouble implements AutoCloseable {
  /** Fault injected into the next request. */
  public enum Fault {
    /** Closes the connection before executing the request. */
    CLOSE_BEFORE,
    /** Does it, and closes without a response. */
    CLOSE_AFTER,
    /** Responds with {@code 'stop}. */
    STOP,
    /** Responds with {@code 'wsfull}. */
    NO_MEMORY,
    /** Never responds. */
    SILENCE
  }

  /** A table: names of columns, letters of their types, rows. */
  private static final class Table {
    final List<String> names = new ArrayList<>();
    final Map<String, Integer> byKey = new LinkedHashMap<>();
    final List<@Nullable Object[]> rows = new ArrayList<>();
    int keys;
    int given;

    Object column(int i) {
      Object first = rows.isEmpty() ? "" : rows.getFirst()[i];
      return switch (first) {
        case Instant _ -> rows.stream().map(r -> (Instant) r[i]).toArray(Instant[]::new);
        case UUID _ -> rows.stream().map(r -> (UUID) r[i]).toArray(UUID[]::new);
        case Double _ -> rows.stream().mapToDouble(r -> (Double) r[i]).toArray();
        case Boolean _ -> {
          boolean[] b = new boolean[rows.size()];
          for (int r = 0; r < b.length; r++) {
            b[r] = (Boolean) rows.get(r)[i];
          }
          yield b;
        }
        case Long _ -> rows.stream().mapToLong(r -> (Long) r[i]).toArray();
        case String _ -> rows.stream().map(r -> (String) r[i]).toArray(String[]::new);
        default -> rows.stream().map(r -> r[i]).toArray();
      };
    }
  }

  /** A response that is {@code (::)}. */
  private static final byte[] NOTHING = {1, 2, 0, 0, 10, 0, 0, 0, 101, 0};

  private final ServerSocket server;
  private final String login;
  private final Map<String, Table> tables = new ConcurrentHashMap<>();
  private final ArrayDeque<Fault> faults = new ArrayDeque<>();
  private final List<Socket> sockets = new ArrayList<>();
  private int logins;

  /**
   * Starts it.
   *
   * @param server server socket; secured for TLS
   * @param login {@code user:password}
   */
  public KdbDouble(ServerSocket server, String login) {
    this.server = server;
    this.login = login;
    Thread.ofVirtual().name("kdb double").start(this::accept);
  }

  /** Starts an instance on loopback. */
  public static KdbDouble start(String login) throws IOException {
    return new KdbDouble(new ServerSocket(0, 50, java.net.InetAddress.getLoopbackAddress()), login);
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Creates a table, as a schema file of a tickerplant does. */
  public KdbDouble table(String name, String... columns) {
    Table t = new Table();
    t.names.addAll(List.of(columns));
    tables.put(name, t);
    return this;
  }

  /** Sets faults of the next requests, in order. */
  public void next(Fault... f) {
    synchronized (faults) {
      faults.addAll(List.of(f));
    }
  }

  public int rows(String table) {
    Table t = tables.get(table);
    if (t == null) {
      return -1;
    }
    synchronized (t) {
      return t.rows.size();
    }
  }

  /** Returns the rows of a table by column name, as read by KX's client. */
  public List<Map<String, Object>> all(String table) {
    Table t = named(table);
    List<Map<String, Object>> out = new ArrayList<>();
    synchronized (t) {
      for (@Nullable Object[] row : t.rows) {
        Map<String, Object> one = new LinkedHashMap<>();
        for (int i = 0; i < row.length; i++) {
          if (row[i] != null) {
            one.put(t.names.get(i), row[i]);
          }
        }
        out.add(one);
      }
    }
    return out;
  }

  /** Returns the number of rows of a table returned by queries. */
  public int selectedRows(String table) {
    Table t = named(table);
    synchronized (t) {
      return t.given;
    }
  }

  /** Returns the number of logins. */
  public synchronized int logins() {
    return logins;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        c connection = new c(server, who -> who.equals(login));
        synchronized (this) {
          logins++;
          sockets.add(connection.s);
        }
        Thread.ofVirtual().name("kdb double's connection").start(() -> serve(connection));
      } catch (IOException e) {
        // refused, or closed
      }
    }
  }

  private void serve(c connection) {
    try (Socket s = connection.s) {
      while (!s.isClosed()) {
        Object[] m = connection.readMsg();
        Fault f;
        synchronized (faults) {
          f = faults.poll();
        }
        if (f == Fault.CLOSE_BEFORE) {
          return;
        }
        if (f == Fault.SILENCE) {
          continue;
        }
        if (f == Fault.STOP || f == Fault.NO_MEMORY) {
          connection.ke(f == Fault.STOP ? "stop" : "wsfull");
          continue;
        }
        Object answer;
        try {
          answer = evaluate(m[1]);
        } catch (IllegalArgumentException | ClassCastException e) {
          connection.ke(e instanceof ClassCastException ? "type" : String.valueOf(e.getMessage()));
          continue;
        }
        if (f == Fault.CLOSE_AFTER) {
          return;
        }
        if (m[0] instanceof Byte kind && kind == 1) {
          if (answer == null) { // not supported by KX's client
            connection.s.getOutputStream().write(NOTHING);
          } else {
            connection.kr(answer);
          }
        }
      }
    } catch (IOException | c.KException e) {
      // the peer is gone
    }
  }

  private @Nullable Object evaluate(Object request) {
    if (request instanceof char[] text) {
      return switch (new String(text)) {
        case "" -> null;
        case "tables[]" -> tables.keySet().stream().sorted().toArray(String[]::new);
        default -> throw new IllegalArgumentException("nyi");
      };
    }
    Object[] list = (Object[]) request;
    String function = list[0] instanceof char[] f ? new String(f) : String.valueOf(list[0]);
    if (function.equals(".u.upd")) {
      update((String) list[1], (Object[]) list[2]);
      return null;
    }
    if (function.equals("upsert")) {
      upsert((String) list[1], list[2]);
      return list[1];
    }
    if (function.startsWith("{") && function.contains(" set ")) {
      tables.computeIfAbsent((String) list[1], n -> empty(list[2]));
      return null;
    }
    if (function.equals("func") && list.length == 5) {
      return select((String) list[1], (Object[]) list[2], (Boolean) list[3], (c.Dict) list[4]);
    }
    throw new IllegalArgumentException(function);
  }

  private static Table empty(Object like) {
    Table t = new Table();
    if (like instanceof c.Dict d) {
      c.Flip keys = (c.Flip) d.x;
      t.keys = keys.x.length;
      t.names.addAll(List.of(keys.x));
      t.names.addAll(List.of(((c.Flip) d.y).x));
    } else {
      t.names.addAll(List.of(((c.Flip) like).x));
    }
    return t;
  }

  private Table named(String name) {
    Table t = tables.get(name);
    if (t == null) {
      throw new IllegalArgumentException(name);
    }
    return t;
  }

  /**
   * Executes an update like tick.q: columns of one length; the first are a timespan and a symbol.
   */
  private void update(String name, Object[] columns) {
    Table t = named(name);
    if (!(columns[0] instanceof c.Timespan[]) || !(columns[1] instanceof String[])) {
      throw new IllegalArgumentException("type");
    }
    if (columns.length != t.names.size()) {
      throw new IllegalArgumentException("length");
    }
    synchronized (t) {
      add(t, columns);
    }
  }

  private void upsert(String name, Object rows) {
    Table t = named(name);
    c.Flip keys = rows instanceof c.Dict d ? (c.Flip) d.x : null;
    c.Flip values = rows instanceof c.Dict d ? (c.Flip) d.y : (c.Flip) rows;
    List<String> names = new ArrayList<>();
    List<Object> columns = new ArrayList<>();
    for (c.Flip f : keys == null ? List.of(values) : List.of(keys, values)) {
      names.addAll(List.of(f.x));
      columns.addAll(List.of(f.y));
    }
    if (!names.equals(t.names)) {
      throw new IllegalArgumentException("mismatch");
    }
    synchronized (t) {
      add(t, columns.toArray());
    }
  }

  private static int length(Object column) {
    return java.lang.reflect.Array.getLength(column);
  }

  private static void add(Table t, Object[] columns) {
    int n = length(columns[0]);
    for (Object column : columns) {
      if (length(column) != n) {
        throw new IllegalArgumentException("length");
      }
    }
    for (int r = 0; r < n; r++) {
      Object[] row = new Object[columns.length];
      for (int i = 0; i < columns.length; i++) {
        row[i] = java.lang.reflect.Array.get(columns[i], r);
      }
      Integer old = t.keys == 0 ? null : t.byKey.get(Arrays.toString(Arrays.copyOf(row, t.keys)));
      if (old != null) {
        t.rows.set(old, row);
      } else {
        t.byKey.put(Arrays.toString(Arrays.copyOf(row, t.keys)), t.rows.size());
        t.rows.add(row);
      }
    }
  }

  private c.Flip select(String name, Object[] conditions, boolean distinct, c.Dict columns) {
    Table t = named(name);
    Table found = new Table();
    Set<List<Object>> once = new HashSet<>();
    int[] asked =
        Arrays.stream((String[]) columns.y).mapToInt(column -> index(t, column)).toArray();
    synchronized (t) {
      for (Object[] row : t.rows) {
        boolean all = true;
        for (Object condition : conditions) {
          all &= meets(t, row, (Object[]) condition);
        }
        if (all && (!distinct || once.add(Arrays.stream(asked).mapToObj(i -> row[i]).toList()))) {
          found.rows.add(row);
        }
      }
      found.names.addAll(t.names);
      t.given += found.rows.size();
    }
    String[] out = (String[]) columns.x;
    Object[] data = new Object[out.length];
    for (int i = 0; i < out.length; i++) {
      data[i] = found.column(asked[i]);
    }
    return new c.Flip(new c.Dict(out, data));
  }

  private static int index(Table t, String column) {
    int i = t.names.indexOf(column);
    if (i < 0) {
      throw new IllegalArgumentException(column);
    }
    return i;
  }

  /** Whether a row matches a function with two arguments, or {@code not} with one. */
  private static boolean meets(Table t, @Nullable Object[] row, Object[] tree) {
    return tree.length == 2 && tree[1] instanceof Object[] negated
        ? !meets(t, row, negated)
        : meets(Objects.requireNonNull(row[index(t, (String) tree[1])]), tree[2]);
  }

  /**
   * Whether a value meets a condition: KX's client does not say which function a condition has; its
   * argument does.
   */
  private static boolean meets(Object value, Object with) {
    return switch (with) {
      case Instant[] range ->
          !((Instant) value).isBefore(range[0]) && !((Instant) value).isAfter(range[1]);
      case UUID[] any -> Arrays.asList(any).contains(value);
      case Object[] enlisted when enlisted.length == 1 && enlisted[0] instanceof String[] any ->
          Arrays.asList(any).contains(value);
      default -> throw new IllegalArgumentException("type");
    };
  }

  /** Ends all connections, as a process does that dies. */
  public synchronized void reset() throws IOException {
    for (Socket s : sockets) {
      s.close();
    }
    sockets.clear();
  }

  @Override
  public void close() throws IOException {
    server.close();
    reset();
  }
}
