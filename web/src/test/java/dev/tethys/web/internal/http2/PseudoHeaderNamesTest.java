package dev.tethys.web.internal.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests of clients that spell out {@code :path} and its like, as gRPC's C core does. */
@Timeout(60)
class PseudoHeaderNamesTest {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int PRIORITY = 0x20;
  private static final int CONTINUATION = 9;
  private static final String EXPORT =
      "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

  /**
   * First call of grpcio 1.51.1 (Python, C core 29.0.0) to a server on 127.0.0.1:21090, as it was
   * recorded, from the header block on.
   */
  private static final String RECORDED =
      "40053a706174683b"
          + "2f6f70656e74656c656d657472792e70726f746f2e636f6c6c6563746f722e74726163652e76312e54"
          + "72616365536572766963652f4578706f7274"
          + "400a3a617574686f726974790f3132372e302e302e313a32313039308386400c"
          + "636f6e74656e742d74797065106170706c69636174696f6e2f67727063"
          + "40027465"
          + "08747261696c657273"
          + "4014677270632d6163636570742d656e636f64696e67"
          + "176964656e746974792c206465666c6174652c20677a6970"
          + "400c677270632d74696d656f75740534383930"
          + "6d400a757365722d6167656e7430"
          + "677270632d707974686f6e2f312e35312e3120677270632d632f32392e302e3020286c696e75783b20"
          + "636874747032"
          + "29";

  private HttpListener listener;
  private Socket socket;
  private OutputStream out;
  private DataInputStream in;

  @BeforeEach
  void connect() throws IOException {
    Routes routes =
        new Routes()
            .post(EXPORT, (q, r) -> r.send(q.bodyBytes(9).length + " by " + q.header("user-agent")))
            .get("/short", (q, r) -> r.send("x is " + q.header("x")));
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
    socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress("127.0.0.1", listener.port()));
    socket.setSoTimeout(20_000);
    out = socket.getOutputStream();
    in = new DataInputStream(socket.getInputStream());
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1));
    out.write(frame(SETTINGS, 0, 0, new byte[0]));
  }

  @AfterEach
  void close() throws IOException {
    socket.close();
    listener.close();
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    ByteArrayOutputStream b = new ByteArrayOutputStream();
    int n = payload.length;
    b.writeBytes(new byte[] {(byte) (n >> 16), (byte) (n >> 8), (byte) n});
    b.writeBytes(new byte[] {(byte) type, (byte) flags, 0, 0, 0, (byte) stream});
    b.writeBytes(payload);
    return b.toByteArray();
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  /** The bodies of the responses of streams; fails if the connection ends before. */
  private Map<Integer, String> answers(int... streams) throws IOException {
    Map<Integer, String> bodies = new HashMap<>();
    int ended = 0;
    while (ended < streams.length) {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      byte[] payload = in.readNBytes(length);
      assertThat(type).as("GOAWAY %s", HexFormat.of().formatHex(payload)).isNotEqualTo(GOAWAY);
      if (type == DATA) {
        bodies.merge(stream, new String(payload, US_ASCII), String::concat);
      }
      ended += stream > 0 && type <= HEADERS ? flags & END_STREAM : 0;
    }
    return bodies;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 20_000})
  void answersRecordedCall(int piece) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(frame(HEADERS, END_HEADERS, 1, bytes(RECORDED)));
    all.writeBytes(frame(WINDOW_UPDATE, 0, 1, new byte[] {0, 0, 0, 5}));
    all.writeBytes(frame(DATA, END_STREAM, 1, new byte[5]));
    // the second call refers to the fields that the first added to the table
    all.writeBytes(frame(HEADERS, END_HEADERS, 3, bytes("c4c38386c2c1c0bfbe")));
    all.writeBytes(frame(DATA, END_STREAM, 3, new byte[5]));
    byte[] b = all.toByteArray();
    for (int at = 0; at < b.length; at += piece) {
      out.write(b, at, Math.min(piece, b.length - at));
    }
    String agent = "5 by grpc-python/1.51.1 grpc-c/29.0.0 (linux; chttp2)";
    assertThat(answers(1, 3)).isEqualTo(Map.of(1, agent, 3, agent));
  }

  @ParameterizedTest
  @CsvSource({
    "false, 40", // added to the table
    "false, 00", // without indexing
    "false, 10", // never indexed
    "true, 40",
    "true, 00",
  })
  void readsEveryEncodingOfNames(boolean huffman, String literal) throws IOException {
    String method = huffman ? "85b9495339e4" : "073a6d6574686f64";
    String scheme = huffman ? "85b8824e5a4b" : "073a736368656d65";
    String path = huffman ? "84b958d33f" : "053a70617468";
    String authority = huffman ? "88b83b5339ec327d7f" : "0a3a617574686f72697479";
    String block =
        (literal + method + "03474554")
            + (literal + scheme + "0468747470")
            + (literal + path + "062f73686f7274")
            + (literal + authority + "0161")
            + "0001780179";
    out.write(frame(HEADERS, END_HEADERS | END_STREAM, 1, bytes(block)));
    assertThat(answers(1)).containsEntry(1, "x is y");
  }

  @Test
  void paddingAndPriorityStay() throws IOException {
    String block = "0400000000ff" + "8286" + "40053a70617468" + "062f73686f7274" + "0001780179";
    out.write(
        frame(HEADERS, END_HEADERS | END_STREAM | PADDED | PRIORITY, 1, bytes(block + "00000000")));
    assertThat(answers(1)).containsEntry(1, "x is y");
  }

  @Test
  void readsContinuedHeaderBlock() throws IOException {
    out.write(
        frame(HEADERS, END_STREAM, 1, bytes("8286" + "40053a70617468" + "062f73686f7274" + "00")));
    out.write(frame(CONTINUATION, END_HEADERS, 1, bytes("01780179")));
    assertThat(answers(1)).containsEntry(1, "x is y");
  }

  /** Each begin of the recorded block, also one that ends within a field, and blocks of noise. */
  @Test
  void truncatedBlocksKeepTheirBytes() {
    byte[] all = bytes(RECORDED);
    for (int n = 0; n <= all.length; n++) {
      byte[] b = Arrays.copyOf(all, n);
      int end = PseudoHeaderNames.replace(b, 0, n);
      assertThat(end).isBetween(0, n);
      if (n < 67) {
        assertThat(end).isEqualTo(n);
      }
    }
    Random random = new Random(5);
    for (int i = 0; i < 20_000; i++) {
      byte[] b = new byte[random.nextInt(40)];
      random.nextBytes(b);
      assertThat(PseudoHeaderNames.replace(b, 0, b.length)).isBetween(0, b.length);
    }
  }
}
