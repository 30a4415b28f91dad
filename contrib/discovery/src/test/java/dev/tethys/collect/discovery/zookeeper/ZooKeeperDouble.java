package dev.tethys.collect.discovery.zookeeper;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A ZooKeeper server as far as its protocol's description goes: sessions, reading, watches. */
final class ZooKeeperDouble implements AutoCloseable {
  private final ServerSocket server;
  private final Map<String, String> nodes = new TreeMap<>(Map.of("/", ""));
  private final List<Client> clients = new CopyOnWriteArrayList<>();
  final AtomicInteger pings = new AtomicInteger();

  ZooKeeperDouble() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread.startVirtualThread(this::accept);
  }

  /** Paths that no client may read. */
  final Set<String> unreadable = ConcurrentHashMap.newKeySet();

  String address() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Client c = new Client(server.accept());
        clients.add(c);
        Thread.startVirtualThread(c::serve);
      } catch (IOException e) {
        return;
      }
    }
  }

  /** Sets what a node holds, with the nodes above it. */
  synchronized void put(String path, String data) {
    boolean is = nodes.put(path, data) != null;
    List<String> grown = new ArrayList<>();
    if (!is) {
      grown.add(parent(path));
    }
    for (String p = parent(path); !nodes.containsKey(p); p = parent(p)) {
      nodes.put(p, "");
      grown.add(parent(p));
    }
    clients.forEach(c -> c.tell(3, path));
    grown.forEach(p -> clients.forEach(c -> c.tell(4, p)));
  }

  synchronized void delete(String path) {
    nodes.keySet().removeIf(p -> p.equals(path) || p.startsWith(path + "/"));
    clients.forEach(c -> c.tell(2, path));
    clients.forEach(c -> c.tell(4, parent(path)));
  }

  /** Ends all connections. */
  void drop() {
    clients.forEach(Client::close);
    clients.clear();
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  @Override
  public void close() throws IOException {
    server.close();
    drop();
  }

  private final class Client {
    private final Socket socket;
    private final DataOutputStream out;
    private final Set<String> watched = new HashSet<>();

    Client(Socket socket) throws IOException {
      this.socket = socket;
      this.out = new DataOutputStream(socket.getOutputStream());
    }

    void close() {
      try {
        socket.close();
      } catch (IOException e) {
        // then it is closed
      }
    }

    private void send(ByteArrayOutputStream body) throws IOException {
      synchronized (out) {
        out.writeInt(body.size());
        body.writeTo(out);
        out.flush();
      }
    }

    void tell(int kind, String path) {
      if (!watched.remove((kind == 4 ? "c" : "d") + path)
          && !(kind == 2 && watched.remove("c" + path))) {
        return;
      }
      try {
        ByteArrayOutputStream b = new ByteArrayOutputStream();
        DataOutputStream o = new DataOutputStream(b);
        o.writeInt(-1);
        o.writeLong(-1);
        o.writeInt(0);
        o.writeInt(kind);
        o.writeInt(3);
        write(o, path);
        send(b);
      } catch (IOException e) {
        close();
      }
    }

    private void write(DataOutputStream o, String s) throws IOException {
      byte[] b = s.getBytes(StandardCharsets.UTF_8);
      o.writeInt(b.length);
      o.write(b);
    }

    void serve() {
      try {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        in.readNBytes(in.readInt());
        ByteArrayOutputStream hello = new ByteArrayOutputStream();
        DataOutputStream h = new DataOutputStream(hello);
        h.writeInt(0);
        h.writeInt(3000);
        h.writeLong(1);
        h.writeInt(16);
        h.write(new byte[16]);
        h.writeBoolean(false);
        send(hello);
        while (true) {
          DataInputStream f =
              new DataInputStream(new ByteArrayInputStream(in.readNBytes(in.readInt())));
          int number = f.readInt();
          int kind = f.readInt();
          ByteArrayOutputStream b = new ByteArrayOutputStream();
          DataOutputStream o = new DataOutputStream(b);
          if (kind == 11) {
            pings.incrementAndGet();
            o.writeInt(-2);
            o.writeLong(0);
            o.writeInt(0);
            send(b);
            continue;
          }
          String path = new String(f.readNBytes(f.readInt()), StandardCharsets.UTF_8);
          synchronized (ZooKeeperDouble.this) {
            String data = nodes.get(path);
            o.writeInt(number);
            o.writeLong(1);
            o.writeInt(unreadable.contains(path) ? -102 : data == null ? -101 : 0);
            if (kind == 3) {
              watched.add("d" + path);
              o.write(new byte[data == null ? 0 : 68]);
            } else if (unreadable.contains(path)) {
              // no record follows an error
            } else if (data != null && kind == 4) {
              watched.add("d" + path);
              write(o, data);
              o.write(new byte[68]);
            } else if (data != null) {
              watched.add("c" + path);
              List<String> names = new ArrayList<>();
              for (String p : nodes.keySet()) {
                if (!p.equals("/") && parent(p).equals(path)) {
                  names.add(p.substring(p.lastIndexOf('/') + 1));
                }
              }
              o.writeInt(names.size());
              for (String n : names) {
                write(o, n);
              }
            }
            send(b);
          }
        }
      } catch (IOException e) {
        close();
      }
    }
  }
}
