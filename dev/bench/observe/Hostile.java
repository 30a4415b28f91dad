import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;

/**
 * Traffic that means harm to whoever reads it, to own servers on loopback or to given ports.
 *
 * <p>Usage: java Hostile.java KIND PORT COUNT [TARGET_PORT ...]. Kinds: {@code open} connections
 * that are held, each with the start of a long message; {@code short} ones with a few random
 * bytes; {@code random} bytes and damaged requests to the target ports and an own server; {@code
 * urls}, {@code statements}, {@code domains}: distinct ones; {@code destinations}: addresses that
 * are connected to, with a request of several protocols each; {@code hpack}: tables of headers that
 * are filled on many connections; {@code headers}: headers of 1 MB. Prints what was done.
 */
final class Hostile {
  private static final int OF_ADDRESS = 20_000;

  private Hostile() {}

  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[1]);
    int count = Integer.parseInt(args[2]);
    switch (args[0]) {
      case "open" -> open(port, count);
      case "short" -> brief(port, count);
      case "random" -> {
        List<Integer> ports = new ArrayList<>(List.of(port));
        for (int i = 3; i < args.length; i++) {
          ports.add(Integer.parseInt(args[i]));
        }
        sink(port, new byte[0]);
        random(ports, count);
      }
      case "urls" ->
          ask(
              port,
              count,
              "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
              i ->
                  text(
                      "GET /a" + i + "/b HTTP/1.1\r\nHost: h" + i + "\r\nUser-Agent: u" + i
                          + "\r\n\r\n"));
      case "statements" ->
          ask(
              port,
              count,
              concat(message('C', text("SELECT 1\0")), message('Z', text("I"))),
              i -> message('Q', text("select a" + i + " from b" + i + "\0")));
      case "domains" -> domains(count);
      case "destinations" -> destinations(port, count);
      case "hpack" -> hpack(port, count);
      case "headers" ->
          ask(
              port,
              count,
              "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
              i -> text("GET / HTTP/1.1\r\nX-Long: " + "y".repeat(1 << 20) + "\r\n\r\n"));
      default -> throw new IllegalArgumentException("no kind " + args[0]);
    }
  }

  private static byte[] text(String s) {
    return s.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] p : parts) {
      out.writeBytes(p);
    }
    return out.toByteArray();
  }

  private static byte[] message(char type, byte[] body) {
    return ByteBuffer.allocate(5 + body.length)
        .put((byte) type)
        .putInt(4 + body.length)
        .put(body)
        .array();
  }

  /** Server that reads everything, and answers each read with some bytes. */
  private static void sink(int port, byte[] answer) throws IOException {
    Selector selector = Selector.open();
    ServerSocketChannel server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress("0.0.0.0", port), 4096);
    server.configureBlocking(false);
    server.register(selector, SelectionKey.OP_ACCEPT);
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              ByteBuffer in = ByteBuffer.allocate(1 << 16);
              while (true) {
                try {
                  selector.select();
                  for (Iterator<SelectionKey> i = selector.selectedKeys().iterator(); i.hasNext(); ) {
                    SelectionKey k = i.next();
                    i.remove();
                    serve(k, server, selector, in, answer);
                  }
                } catch (IOException e) {
                  System.err.println("server: " + e);
                }
              }
            });
  }

  private static void serve(
      SelectionKey k, ServerSocketChannel server, Selector selector, ByteBuffer in, byte[] answer)
      throws IOException {
    if (k.isAcceptable()) {
      SocketChannel c = server.accept();
      if (c != null) {
        c.configureBlocking(false);
        c.register(selector, SelectionKey.OP_READ);
      }
      return;
    }
    SocketChannel c = (SocketChannel) k.channel();
    try {
      in.clear();
      int n = c.read(in);
      if (n < 0) {
        c.close();
      } else if (answer.length > 0 && n < 1 << 15) {
        c.write(ByteBuffer.wrap(answer));
      }
    } catch (IOException e) {
      c.close();
    }
  }

  private static SocketChannel connect(int port, int i) throws IOException {
    SocketChannel c = SocketChannel.open();
    c.bind(new InetSocketAddress("127.1." + port % 250 + "." + (2 + i / OF_ADDRESS % 200), 0));
    c.connect(new InetSocketAddress("127.0.0.1", port));
    return c;
  }

  private static void open(int port, int count) throws Exception {
    sink(port, new byte[0]);
    List<SocketChannel> all = new ArrayList<>();
    byte[] http = text("GET /" + "x".repeat(900) + " HTTP/1.1\r\nA: b\r\n");
    byte[] redis = text("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$9000\r\n" + "x".repeat(800));
    for (int i = 0; i < count; i++) {
      SocketChannel c = connect(port, i);
      all.add(c);
      c.write(ByteBuffer.wrap(i % 2 == 0 ? http : redis));
    }
    byte[] more = text("B: " + "y".repeat(990) + "\r\n");
    for (int round = 0; round < 7; round++) {
      for (SocketChannel c : all) {
        c.write(ByteBuffer.wrap(more));
      }
    }
    Thread.sleep(10_000);
    for (SocketChannel c : all) {
      c.close();
    }
    System.out.println(count + " connections at once");
  }

  private static void brief(int port, int count) throws Exception {
    sink(port, new byte[0]);
    Random random = new Random(1);
    byte[] bytes = new byte[40];
    for (int i = 0; i < count; i++) {
      try (SocketChannel c = connect(port, i)) {
        c.setOption(java.net.StandardSocketOptions.SO_LINGER, 0);
        random.nextBytes(bytes);
        c.write(ByteBuffer.wrap(bytes));
      }
    }
    System.out.println(count + " connections one after another");
  }

  private static final List<byte[]> REQUESTS =
      List.of(
          text("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n"),
          text("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n"),
          text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\22\4\0\0\0\0\0"),
          text("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"),
          text("*99999999\r\n$999999999\r\n"),
          text("set k 0 0 2\r\nok\r\nget k\r\n"),
          text("CONNECT {}\r\nPUB a 2\r\nok\r\n"),
          text("AMQP\0\0\11\1"),
          text("\20\14\0\4MQTT\4\2\0\74\0\0"),
          message('Q', text("select 1\0")),
          message('P', text("\0select 1\0\0\0")),
          text("\3\0\0\0\3select 1"),
          text("\0\0\0\24\0\22\0\4\0\0\0\1\0\1a\0"));

  private static void random(List<Integer> ports, int count) throws Exception {
    Random random = new Random(2);
    int refused = 0;
    for (int i = 0; i < count; i++) {
      int port = ports.get(i % ports.size());
      try (Socket s = new Socket("127.0.0.1", port)) {
        s.setSoLinger(true, 0);
        OutputStream out = s.getOutputStream();
        for (int k = random.nextInt(12); k >= 0; k--) {
          byte[] bytes;
          if (random.nextBoolean()) {
            bytes = new byte[random.nextInt(3000)];
            random.nextBytes(bytes);
          } else {
            bytes = REQUESTS.get(random.nextInt(REQUESTS.size())).clone();
            for (int d = random.nextInt(3); d > 0; d--) {
              bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
          }
          out.write(bytes);
        }
        if (random.nextInt(8) == 0) {
          s.setSoTimeout(5);
          s.getInputStream().readNBytes(1 + random.nextInt(200));
        }
      } catch (IOException e) {
        refused++;
      }
    }
    System.out.println(count + " connections with random bytes, " + refused + " ended by the server");
  }

  private static void ask(int port, int count, byte[] answer, IntFunction<byte[]> request)
      throws Exception {
    ServerSocket server = new ServerSocket(port, 16, InetAddress.getByName("127.0.0.1"));
    try (Socket client = new Socket("127.0.0.1", port);
        Socket there = server.accept()) {
      client.setTcpNoDelay(true);
      there.setTcpNoDelay(true);
      Thread.ofPlatform().daemon().start(() -> echo(there, answer, request));
      OutputStream out = client.getOutputStream();
      InputStream in = client.getInputStream();
      for (int i = 0; i < count; i++) {
        out.write(request.apply(i));
        in.readNBytes(answer.length);
      }
    }
    System.out.println(count + " distinct requests");
  }

  private static void echo(Socket s, byte[] answer, IntFunction<byte[]> request) {
    try {
      for (int i = 0; ; i++) {
        s.getInputStream().readNBytes(request.apply(i).length);
        s.getOutputStream().write(answer);
      }
    } catch (IOException e) {
      // the client has ended
    }
  }

  private static void domains(int count) throws Exception {
    InetSocketAddress at = new InetSocketAddress("127.0.0.77", 53);
    try (DatagramSocket server = new DatagramSocket(at);
        DatagramSocket client = new DatagramSocket()) {
      client.connect(at);
      byte[] in = new byte[512];
      for (int i = 0; i < count; i++) {
        byte[] name = text("d" + i);
        ByteBuffer q =
            ByteBuffer.allocate(512)
                .putShort((short) i)
                .putShort((short) 0x100)
                .putShort((short) 1)
                .putShort((short) 0)
                .putInt(0)
                .put((byte) name.length)
                .put(name)
                .put((byte) 3)
                .put(text("com"))
                .put((byte) 0)
                .putShort((short) (i * 31))
                .putShort((short) 1);
        client.send(new DatagramPacket(q.array(), q.position()));
        DatagramPacket p = new DatagramPacket(in, in.length);
        server.receive(p);
        in[2] |= (byte) 0x80;
        in[3] = (byte) (i % 16);
        server.send(p);
        client.receive(new DatagramPacket(new byte[512], 512));
      }
    }
    System.out.println(count + " distinct domains and types");
  }

  private static void destinations(int port, int count) throws Exception {
    sink(port, text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    for (int i = 0; i < count; i++) {
      try (Socket s = new Socket("127." + (1 + i / 60_000) + "." + i / 250 % 240 + "." + (1 + i % 250), port)) {
        s.setSoLinger(true, 0);
        s.getOutputStream().write(text("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        s.getInputStream().readNBytes(10);
      }
    }
    System.out.println(count + " destinations");
  }

  private static void hpack(int port, int count) throws Exception {
    sink(port, new byte[0]);
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.writeBytes(new byte[] {0x3f, (byte) 0xe1, (byte) 0xff, 3}); // a table of 64 KB
    block.writeBytes(new byte[] {(byte) 0x82, (byte) 0x86});
    for (int i = 0; i < 7; i++) { // :path with the index, its value of 100 bytes kept
      block.write(0x44);
      block.write(100);
      block.writeBytes(text("/" + "p".repeat(99)));
    }
    byte[] b = block.toByteArray();
    List<SocketChannel> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      SocketChannel c = connect(port, i);
      all.add(c);
      c.write(ByteBuffer.wrap(text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")));
    }
    for (int stream = 1; stream < 200; stream += 2) {
      ByteBuffer frame =
          ByteBuffer.allocate(9 + b.length)
              .put((byte) 0)
              .putShort((short) b.length)
              .put((byte) 1)
              .put((byte) 4)
              .putInt(stream)
              .put(b);
      for (SocketChannel c : all) {
        c.write(frame.flip());
      }
    }
    Thread.sleep(5_000);
    for (SocketChannel c : all) {
      c.close();
    }
    System.out.println(count + " connections with full tables of headers");
  }
}
