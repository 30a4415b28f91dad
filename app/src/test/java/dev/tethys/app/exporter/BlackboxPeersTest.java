package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** The same probes of the same targets by Tethys and by the real blackbox_exporter. */
@Tag("contrib")
@Tag("slow")
class BlackboxPeersTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  /** {@code "the body said 42 in the middle of it. "} sixty times, by Node's zlib. */
  private static final byte[] BROTLI =
      Base64.getDecoder()
          .decode("G+cI+B0H7r4VY8JFi5cgbnRFk9YuMmVoWhBRWDlNn1ADOkXxA02izeDzAQAcAg==");

  /** Samples that are times, sizes of timeouts included, and so differ. */
  private static final Set<String> TIMES =
      Set.of(
          "probe_duration_seconds",
          "probe_dns_lookup_time_seconds",
          "probe_http_duration_seconds",
          "probe_dns_duration_seconds",
          "probe_icmp_duration_seconds",
          "probe_grpc_duration_seconds",
          "probe_websocket_duration_seconds");

  /** 0.28 does not show it. */
  private static final String NEWER = "probe_timeout_seconds";

  @TempDir Path dir;
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
  }

  private static final String MODULES =
      """
      modules:
        http_2xx: {prober: http, http: {preferred_ip_protocol: ip4}}
        http_post: {prober: http, http: {method: POST, body: hello, headers: {X-A: b}}}
        http_stay: {prober: http, http: {follow_redirects: false, valid_status_codes: [302]}}
        http_old: {prober: http, http: {valid_http_versions: [HTTP/2.0]}}
        http_body:
          prober: http
          http: {fail_if_body_matches_regexp: [world], fail_if_header_matches: [{header: X-No, regexp: a, allow_missing: true}]}
        http_header: {prober: http, http: {fail_if_header_not_matches: [{header: X-Kind, regexp: '^t'}]}}
        http_br: {prober: http, http: {compression: br, fail_if_body_not_matches_regexp: ['said 42 in.*it[.] $']}}
        http_gzip: {prober: http, http: {compression: gzip, headers: {Accept-Encoding: gzip}}}
        http_cel: {prober: http, http: {fail_if_body_json_matches_cel: 'body.errors.size() > 0', fail_if_body_json_not_matches_cel: 'body.status == "ok"'}}
        http_cel_regex: {prober: http, http: {fail_if_body_matches_regexp: [ok], fail_if_body_json_matches_cel: 'body.n == 1'}}
        http_small: {prober: http, http: {body_size_limit: 3B}}
        http_auth: {prober: http, http: {basic_auth: {username: u, password: p}}}
        http_plain: {prober: http, http: {fail_if_not_ssl: true}}
        https: {prober: http, http: {preferred_ip_protocol: ip4, tls_config: {ca_file: 'CA'}}}
        https_any: {prober: http, http: {tls_config: {insecure_skip_verify: true}}}
        https_no: {prober: http, http: {fail_if_ssl: true, tls_config: {ca_file: 'CA'}}}
        tcp: {prober: tcp}
        tcp_bad: {prober: tcp, timeout: 500ms, tcp: {query_response: [{expect: nothing}]}}
        tcp_banner:
          prober: tcp
          tcp:
            query_response:
            - {expect: '^HELLO ([a-z]+)$', labels: [{name: who, value: '${1}!'}], send: 'I AM ${1}'}
            - {expect: '^OK I AM there$'}
            - {send: !!binary AAAACATSFi8=}
            - {expect_bytes: S}
        tcp_tls: {prober: tcp, tcp: {tls: true, tls_config: {ca_file: 'CA', server_name: localhost}}}
        tls_late: {prober: tcp, timeout: 500ms, tcp: {tls: true}}
        dns_late: {prober: dns, timeout: 500ms, dns: {query_name: a.test, transport_protocol: tcp, dns_over_tls: true}}
        expect_late: {prober: tcp, timeout: 500ms, tcp: {query_response: [{expect: nothing}]}}
        dns_a: {prober: dns, dns: {query_name: a.test, query_type: A, preferred_ip_protocol: ip4, validate_answer_rrs: {fail_if_not_matches_regexp: ["a.test.\\t300\\tIN\\tA\\t10.1.2.3"]}}}
        dns_soa: {prober: dns, dns: {query_name: a.test, query_type: SOA, preferred_ip_protocol: ip4}}
        dns_no: {prober: dns, dns: {query_name: gone.test, query_type: A, preferred_ip_protocol: ip4}}
        dns_bad: {prober: dns, dns: {query_name: a.test, query_type: A, preferred_ip_protocol: ip4, validate_answer_rrs: {fail_if_matches_regexp: ['10.1']}}}
        icmp: {prober: icmp, icmp: {preferred_ip_protocol: ip4, ttl: 9, payload_size: 40}}
        grpc: {prober: grpc, grpc: {preferred_ip_protocol: ip4}}
        grpc_named: {prober: grpc, grpc: {preferred_ip_protocol: ip4, service: down}}
        grpc_unknown: {prober: grpc, grpc: {preferred_ip_protocol: ip4, service: unknown}}
        unix: {prober: unix, unix: {query_response: [{send: PING}, {expect: '^PONG'}]}}
        unix_tls: {prober: unix, unix: {tls: true, tls_config: {ca_file: 'CA', server_name: localhost}, query_response: [{send: PING}, {expect: '^PONG'}]}}
        unix_any: {prober: unix, unix: {tls: true, tls_config: {insecure_skip_verify: true, server_name: localhost}, query_response: [{send: PING}, {expect: '^PONG'}]}}
        unix_untrusted: {prober: unix, unix: {tls: true, tls_config: {server_name: localhost}}}
        unix_unnamed: {prober: unix, unix: {tls: true, tls_config: {ca_file: 'CA'}}}
        unix_starttls: {prober: unix, unix: {tls_config: {ca_file: 'CA', server_name: localhost}, query_response: [{send: PING}, {expect: '^PONG'}, {starttls: true}, {send: PING}, {expect: '^PONG'}]}}
        # 0.28 has no prober websocket
        ws: {prober: websocket, websocket: {headers: {}, preferred_ip_protocol: ip4, query_response: [{expect: '^Hello (.+)', send: 'bye ${1}'}, {expect: 'echo bye you'}]}}
        ws_bad: {prober: websocket, websocket: {preferred_ip_protocol: ip4, query_response: [{expect: never}]}}
      """;

  private static void send(HttpExchange x, byte[] body) throws IOException {
    x.getResponseHeaders().add("Content-Encoding", "br");
    x.sendResponseHeaders(200, body.length);
    x.getResponseBody().write(body);
    x.close();
  }

  private HttpServer http(HttpServer s) {
    s.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    s.createContext("/br", x -> send(x, BROTLI));
    s.createContext(
        "/json",
        x -> {
          String json =
              switch (x.getRequestURI().getPath()) {
                case "/json/good" -> "{\"status\": \"ok\", \"errors\": []}";
                case "/json/bad" -> "{\"status\": \"ok\", \"errors\": [\"x\"]}";
                default -> "{\"n\": 1}";
              };
          byte[] body = json.getBytes(StandardCharsets.UTF_8);
          x.sendResponseHeaders(200, body.length);
          x.getResponseBody().write(body);
          x.close();
        });
    s.createContext("/br/cut", x -> send(x, Arrays.copyOf(BROTLI, 20)));
    s.createContext(
        "/",
        x -> {
          byte[] sent = x.getRequestBody().readAllBytes();
          byte[] body = ("hello world " + sent.length).getBytes(StandardCharsets.UTF_8);
          x.getResponseHeaders().add("X-Kind", "test");
          x.getResponseHeaders().add("Last-Modified", "Mon, 02 Jan 2023 03:04:05 GMT");
          if ("gzip".equals(x.getRequestHeaders().getFirst("Accept-Encoding"))) {
            ByteArrayOutputStream z = new ByteArrayOutputStream();
            try (GZIPOutputStream g = new GZIPOutputStream(z)) {
              g.write(body);
            }
            body = z.toByteArray();
            x.getResponseHeaders().add("Content-Encoding", "gzip");
          }
          x.sendResponseHeaders(200, body.length);
          x.getResponseBody().write(body);
          x.close();
        });
    s.createContext(
        "/moved",
        x -> {
          x.getResponseHeaders().add("Location", "/there");
          x.getResponseHeaders().add("Set-Cookie", "a=b");
          x.sendResponseHeaders(302, -1);
          x.close();
        });
    s.createContext(
        "/loop",
        x -> {
          x.getResponseHeaders().add("Location", "/loop");
          x.sendResponseHeaders(301, -1);
          x.close();
        });
    s.createContext(
        "/cookie",
        x -> {
          x.sendResponseHeaders(
              "a=b".equals(x.getRequestHeaders().getFirst("Cookie")) ? 200 : 403, -1);
          x.close();
        });
    s.createContext(
        "/auth",
        x -> {
          String told = x.getRequestHeaders().getFirst("Authorization");
          x.sendResponseHeaders("Basic dTpw".equals(told) ? 204 : 401, -1);
          x.close();
        });
    s.createContext(
        "/chunked",
        x -> {
          x.sendResponseHeaders(500, 0);
          x.getResponseBody().write("oops".getBytes(StandardCharsets.UTF_8));
          x.close();
        });
    s.start();
    open.add(() -> s.stop(0));
    return s;
  }

  interface Talk {
    void with(Socket s) throws IOException;
  }

  private int tcp(Talk talk) throws IOException {
    ServerSocket server = new ServerSocket(0, 50, LOOPBACK);
    open.add(server);
    Thread.ofVirtual()
        .start(
            () -> {
              while (!server.isClosed()) {
                try {
                  Socket s = server.accept();
                  Thread.ofVirtual()
                      .start(
                          () -> {
                            try (s) {
                              talk.with(s);
                            } catch (IOException e) {
                              // the prober has gone
                            }
                          });
                } catch (IOException e) {
                  return;
                }
              }
            });
    return server.getLocalPort();
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream b = new ByteArrayOutputStream();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      b.write(c);
    }
    return b.toString(StandardCharsets.ISO_8859_1);
  }

  private static void banner(Socket s) throws IOException {
    OutputStream out = s.getOutputStream();
    out.write("WELCOME\r\nHELLO there\r\n".getBytes(StandardCharsets.US_ASCII));
    String said = line(s.getInputStream());
    out.write(("OK " + said + "\n").getBytes(StandardCharsets.ISO_8859_1));
    byte[] request = s.getInputStream().readNBytes(9);
    out.write(request.length == 9 && request[5] == (byte) 0xd2 ? 'S' : 'N');
    out.flush();
    s.getInputStream().read();
  }

  private static void silent(Socket s) throws IOException {
    s.getInputStream().read();
  }

  /** Says Hello, and then repeats the text after "echo ". */
  private static void websocket(Socket s) throws IOException {
    InputStream in = s.getInputStream();
    String key = "";
    for (String l = line(in).strip(); !l.isEmpty(); l = line(in).strip()) {
      if (l.toLowerCase(java.util.Locale.ROOT).startsWith("sec-websocket-key:")) {
        key = l.substring(18).strip();
      }
    }
    OutputStream out = s.getOutputStream();
    try {
      byte[] sha =
          MessageDigest.getInstance("SHA-1")
              .digest(
                  (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                      .getBytes(StandardCharsets.US_ASCII));
      out.write(
          ("HTTP/1.1 101 Switching Protocols\r\n"
                  + "Upgrade: websocket\r\n"
                  + "Connection: Upgrade\r\n"
                  + "Sec-WebSocket-Accept: "
                  + Base64.getEncoder().encodeToString(sha)
                  + "\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IOException(e);
    }
    say(out, "Hello you");
    int first = in.read();
    int length = in.read() & 127;
    if (first != 0x81) {
      return;
    }
    byte[] mask = in.readNBytes(4);
    byte[] text = in.readNBytes(length);
    for (int i = 0; i < text.length; i++) {
      text[i] ^= mask[i % 4];
    }
    say(out, "echo " + new String(text, StandardCharsets.UTF_8));
    in.read();
  }

  private static void say(OutputStream out, String text) throws IOException {
    out.write(0x81);
    out.write(text.length());
    out.write(text.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private int dns() throws IOException {
    DatagramSocket socket = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
    open.add(socket);
    Thread.ofVirtual()
        .start(
            () -> {
              byte[] buffer = new byte[1500];
              while (true) {
                try {
                  DatagramPacket p = new DatagramPacket(buffer, buffer.length);
                  socket.receive(p);
                  byte[] answer =
                      answer(new Message(java.util.Arrays.copyOf(buffer, p.getLength())));
                  socket.send(new DatagramPacket(answer, answer.length, p.getSocketAddress()));
                } catch (IOException e) {
                  return;
                }
              }
            });
    return socket.getLocalPort();
  }

  private static byte[] answer(Message q) throws IOException {
    Record question = q.getQuestion();
    Message a = new Message(q.getHeader().getID());
    a.getHeader().setFlag(Flags.QR);
    a.addRecord(question, Section.QUESTION);
    Name name = question.getName();
    if (name.toString().startsWith("gone")) {
      a.getHeader().setRcode(3);
    } else if (question.getType() == Type.SOA) {
      a.addRecord(
          new SOARecord(
              name, DClass.IN, 60, name, Name.fromString("admin.", Name.root), 77, 1, 1, 1, 1),
          Section.ANSWER);
    } else {
      a.addRecord(
          new ARecord(name, DClass.IN, 300, InetAddress.ofLiteral("10.1.2.3")), Section.ANSWER);
      a.addRecord(
          new ARecord(name, DClass.IN, 300, InetAddress.ofLiteral("10.1.2.4")), Section.ADDITIONAL);
    }
    return a.toWire();
  }

  /** Health checks: the server serves, the service "down" does not, others are unknown. */
  private int grpc() throws IOException {
    MethodDescriptor.Marshaller<byte[]> bytes =
        new MethodDescriptor.Marshaller<>() {
          @Override
          public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
          }

          @Override
          public byte[] parse(InputStream stream) {
            try {
              return stream.readAllBytes();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    MethodDescriptor<byte[], byte[]> check =
        MethodDescriptor.<byte[], byte[]>newBuilder(bytes, bytes)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("grpc.health.v1.Health/Check")
            .build();
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(LOOPBACK, 0))
            .addService(
                ServerServiceDefinition.builder("grpc.health.v1.Health")
                    .addMethod(
                        check,
                        ServerCalls.asyncUnaryCall(
                            (request, to) -> {
                              String service =
                                  request.length < 2
                                      ? ""
                                      : new String(
                                          request, 2, request.length - 2, StandardCharsets.UTF_8);
                              if (service.equals("unknown")) {
                                to.onError(Status.NOT_FOUND.asRuntimeException());
                                return;
                              }
                              to.onNext(new byte[] {8, (byte) (service.isEmpty() ? 1 : 2)});
                              to.onCompleted();
                            }))
                    .build())
            .build()
            .start();
    open.add(server::shutdownNow);
    return server.getPort();
  }

  /** Answers a line behind TLS, which is spoken at once or after a first line. */
  private void securedUnix(Path socket, SSLContext context, boolean atOnce) throws IOException {
    java.nio.channels.ServerSocketChannel server =
        java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX);
    server.bind(java.net.UnixDomainSocketAddress.of(socket));
    open.add(server);
    Thread.ofVirtual()
        .start(
            () -> {
              while (server.isOpen()) {
                try (java.nio.channels.SocketChannel c = server.accept()) {
                  if (!atOnce) {
                    c.read(java.nio.ByteBuffer.allocate(100));
                    c.write(java.nio.ByteBuffer.wrap("PONG\n".getBytes(StandardCharsets.US_ASCII)));
                  }
                  pong(c, context);
                } catch (IOException e) {
                  // the next one
                }
              }
            });
  }

  private static void pong(java.nio.channels.SocketChannel c, SSLContext context)
      throws IOException {
    // Our own TLS loop: only the client's TLS is tested.
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    java.nio.ByteBuffer in = java.nio.ByteBuffer.allocate(1 << 16);
    java.nio.ByteBuffer out = java.nio.ByteBuffer.allocate(1 << 16);
    java.nio.ByteBuffer plain = java.nio.ByteBuffer.allocate(1 << 16);
    java.nio.ByteBuffer answer =
        java.nio.ByteBuffer.wrap("PONG\n".getBytes(StandardCharsets.US_ASCII));
    engine.beginHandshake();
    while (!engine.isOutboundDone()) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> engine.getDelegatedTask().run();
        case NEED_WRAP -> {
          engine.wrap(java.nio.ByteBuffer.allocate(0), out.clear());
          c.write(out.flip());
        }
        default -> {
          in.flip();
          javax.net.ssl.SSLEngineResult r = engine.unwrap(in, plain);
          in.compact();
          if (plain.position() > 0 && answer.hasRemaining()) {
            engine.wrap(answer, out.clear());
            c.write(out.flip());
          } else if (r.getStatus() == javax.net.ssl.SSLEngineResult.Status.BUFFER_UNDERFLOW
              && c.read(in) < 0) {
            return;
          } else if (r.getStatus() == javax.net.ssl.SSLEngineResult.Status.CLOSED) {
            return;
          }
        }
      }
    }
  }

  private int unix(Path socket) throws IOException {
    java.nio.channels.ServerSocketChannel server =
        java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX);
    server.bind(java.net.UnixDomainSocketAddress.of(socket));
    open.add(server);
    Thread.ofVirtual()
        .start(
            () -> {
              while (true) {
                try (java.nio.channels.SocketChannel c = server.accept()) {
                  c.read(java.nio.ByteBuffer.allocate(100));
                  c.write(java.nio.ByteBuffer.wrap("PONG\n".getBytes(StandardCharsets.US_ASCII)));
                  c.read(java.nio.ByteBuffer.allocate(1));
                } catch (IOException e) {
                  if (!server.isOpen()) {
                    return;
                  }
                }
              }
            });
    return 0;
  }

  @Test
  void exposesSameMetricsAsReference() throws Exception {
    Path peer = Shared.peer("prometheus-blackbox-exporter");
    TestCertificates certificates = new TestCertificates(dir);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    Path file =
        Files.writeString(
            dir.resolve("blackbox.yml"), MODULES.replace("'CA'", "'" + certificates.ca() + "'"));
    Path known =
        Files.writeString(
            dir.resolve("known.yml"),
            Files.readString(file).substring(0, Files.readString(file).indexOf("  # 0.28")));
    int http =
        http(HttpServer.create(new InetSocketAddress(LOOPBACK, 0), 50)).getAddress().getPort();
    Path web =
        Files.writeString(
            dir.resolve("web.yml"),
            "tls_server_config: {cert_file: "
                + certificates.certificate("server")
                + ", key_file: "
                + certificates.key("server")
                + "}\n");
    HttpListener h2 =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withWebConfigFile(web),
            new Routes()
                .get("/", (q, r) -> r.send(q.protocol()))
                .get("/moved", (q, r) -> r.redirect(302, "http://127.0.0.1:" + http + "/")),
            null);
    open.add(h2);
    int banner = tcp(BlackboxPeersTest::banner);
    int silent = tcp(BlackboxPeersTest::silent);
    ServerSocket deaf = new ServerSocket(0, 50, LOOPBACK); // accepts no one
    open.add(deaf);
    int ws = tcp(BlackboxPeersTest::websocket);
    int dns = dns();
    int grpc = grpc();
    int closed;
    try (ServerSocket s = new ServerSocket(0, 1, LOOPBACK)) {
      closed = s.getLocalPort();
    }
    Path socket = Files.createTempDirectory("bb").resolve("s");
    unix(socket);
    Path secured = socket.resolveSibling("t");
    securedUnix(secured, certificates.context("server"), true);
    Path later = socket.resolveSibling("l");
    securedUnix(later, certificates.context("server"), false);
    String web1 = "http://127.0.0.1:" + http;
    String web2 = "https://localhost:" + h2.port();
    List<List<String>> probes =
        List.of(
            List.of("http_2xx", web1),
            List.of("http_2xx", "127.0.0.1:" + http + "/chunked"),
            List.of("http_2xx", web1 + "/moved"),
            List.of("http_2xx", web1 + "/loop"),
            List.of("http_2xx", "127.0.0.1:" + closed),
            List.of("http_2xx", "http://name.invalid/"),
            List.of("http_2xx", "http://no_such_service.invalid:80/"),
            List.of("http_2xx", web1 + "/a b<c>"),
            List.of("http_2xx", "http://name:port/"),
            List.of("http_post", web1),
            List.of("http_stay", web1 + "/moved"),
            List.of("http_old", web1),
            List.of("http_body", web1),
            List.of("http_header", web1),
            List.of("http_gzip", web1),
            List.of("http_br", web1 + "/br"),
            List.of("http_br", web1 + "/br/cut"),
            List.of("http_br", web1),
            List.of("http_cel", web1 + "/json/good"),
            List.of("http_cel", web1 + "/json/bad"),
            List.of("http_cel", web1 + "/json/n"),
            List.of("http_cel", web1),
            List.of("http_cel", web1 + "/chunked"),
            List.of("http_cel", "127.0.0.1:" + closed),
            List.of("http_cel_regex", web1 + "/json/good"),
            List.of("http_cel_regex", web1 + "/json/n"),
            List.of("http_small", web1),
            List.of("http_auth", web1 + "/auth"),
            List.of("http_plain", web1),
            List.of("https", web2),
            List.of("https", web2 + "/moved"),
            List.of("https_any", web2),
            List.of("https_no", web2),
            List.of("http_2xx", web2),
            List.of("tcp", "127.0.0.1:" + silent),
            List.of("tcp", "127.0.0.1:" + closed),
            List.of("tcp", "127.0.0.1"),
            List.of("tcp_bad", "127.0.0.1:" + banner),
            List.of("tcp_banner", "localhost:" + banner),
            List.of("tcp_tls", "127.0.0.1:" + h2.port()),
            List.of("dns_a", "127.0.0.1:" + dns),
            List.of("dns_soa", "127.0.0.1:" + dns),
            List.of("dns_no", "127.0.0.1:" + dns),
            List.of("dns_bad", "127.0.0.1:" + dns),
            List.of("icmp", "127.0.0.1"),
            List.of("grpc", "127.0.0.1:" + grpc),
            List.of("grpc_named", "127.0.0.1:" + grpc),
            List.of("grpc_unknown", "127.0.0.1:" + grpc),
            List.of("grpc", "http://user:secret@127.0.0.1:" + grpc),
            List.of("grpc", "127.0.0.1:" + closed),
            List.of("unix_tls", secured.toString()),
            List.of("unix_any", secured.toString()),
            List.of("unix_untrusted", secured.toString()),
            List.of("unix_unnamed", secured.toString()),
            List.of("unix_starttls", later.toString()),
            List.of("unix", socket.toString()));
    Map<String, String> differences = new TreeMap<>();
    try (RealExporter real =
            new RealExporter(
                dir,
                List.of(
                    peer.toString(), "--config.file=" + known, "--web.listen-address=ADDRESS"));
        BuiltInExporter ours =
            new BuiltInExporter(
                Kinds.of("blackbox"),
                List.of("--config.file=" + file, "--web.listen-address=127.0.0.1:0"));
        HttpClient client = HttpClient.newHttpClient()) {
      String base = "http://127.0.0.1:" + ours.port();
      for (List<String> p : probes) {
        String path =
            "/probe?module="
                + p.get(0)
                + "&target="
                + URLEncoder.encode(p.get(1), StandardCharsets.UTF_8);
        String theirText = real.get(path);
        if (theirText.startsWith("Unknown")) {
          differences.put(path, theirText);
          continue;
        }
        compare(
            path,
            ExposedText.parse(theirText),
            ExposedText.parse(RealExporter.get(client, base + path)),
            differences);
      }
      for (String module : List.of("tls_late", "dns_late", "expect_late")) {
        String path =
            "/probe?debug=true&module=" + module + "&target=127.0.0.1:" + deaf.getLocalPort();
        assertThat(whyItFailed(RealExporter.get(client, base + path)))
            .isEqualTo(whyItFailed(real.get(path)));
      }
      String talk = base + "/probe?target=ws://127.0.0.1:" + ws + "/&module=";
      assertThat(RealExporter.get(client, talk + "ws"))
          .contains(
              "probe_success 1",
              "probe_websocket_connection_upgraded 1",
              "probe_websocket_status_code 101",
              "probe_websocket_failed_due_to_regex 0",
              "probe_websocket_duration_seconds{phase=\"transfer\"}");
      assertThat(RealExporter.get(client, talk + "ws_bad"))
          .contains("probe_success 0", "probe_websocket_failed_due_to_regex 1");
      assertThat(RealExporter.get(client, base + "/probe?module=ws&target=ws://127.0.0.1:" + http))
          .contains("probe_success 0", "probe_websocket_status_code 200");
      assertThat(RealExporter.get(client, base + "/probe?module=nope&target=x"))
          .contains("Unknown module \"nope\"");
      assertThat(
              RealExporter.get(
                  client, base + "/probe?module=tcp&debug=true&target=127.0.0.1:" + silent))
          .contains("Metrics that would have been returned:", "probe_success 1", "prober: tcp");
      assertThat(RealExporter.get(client, base + "/"))
          .contains("Recent Probes", "<td>tcp_banner</td>");
      assertThat(
              RealExporter.get(client, base + "/logs?target=127.0.0.1:" + silent + "&module=tcp"))
          .contains("probe_success 1");
      assertThat(RealExporter.get(client, base + "/config"))
          .contains("<secret>")
          .doesNotContain("password: p\n");
      assertThat(RealExporter.get(client, base + "/metrics"))
          .contains(
              "blackbox_module_unknown_total 1",
              "blackbox_exporter_config_last_reload_successful 1");
    } finally {
      for (Path p : List.of(socket, secured, later)) {
        Files.deleteIfExists(p);
      }
      Files.deleteIfExists(socket.getParent());
    }
    StringBuilder said = new StringBuilder();
    differences.forEach((k, v) -> said.append(k).append(": ").append(v).append('\n'));
    assertThat(said.toString()).isEmpty();
  }

  /** What the log of a probe says first of an error, but for addresses. */
  private static String whyItFailed(String page) {
    Matcher m =
        Pattern.compile("msg=(\"[^\"]*\"|\\S+) .*?err=\"(?:[^\"]*: )?([^\"]*)\"").matcher(page);
    assertThat(m.find()).as(page).isTrue();
    return m.group(1) + " " + m.group(2);
  }

  private static void compare(
      String path, ExposedText theirs, ExposedText ours, Map<String, String> differences) {
    differ(path + " types", theirs.types().entrySet(), ours.types().entrySet(), differences);
    differ(path + " helps", theirs.helps().entrySet(), ours.helps().entrySet(), differences);
    differ(path + " samples", theirs.samples().keySet(), ours.samples().keySet(), differences);
    theirs
        .samples()
        .forEach(
            (name, value) -> {
              int brace = name.indexOf('{');
              Double our = ours.samples().get(name);
              if (!TIMES.contains(brace < 0 ? name : name.substring(0, brace))
                  && our != null
                  && Double.compare(our, value) != 0) {
                differences.put(path + " " + name, our + " instead of " + value);
              }
            });
  }

  private static void differ(
      String what, Set<?> theirs, Set<?> ours, Map<String, String> differences) {
    Set<String> missing = new java.util.TreeSet<>();
    theirs.stream().map(String::valueOf).forEach(missing::add);
    Set<String> more = new java.util.TreeSet<>();
    ours.stream().map(String::valueOf).filter(t -> !t.startsWith(NEWER)).forEach(more::add);
    Set<String> both = Set.copyOf(missing);
    missing.removeAll(more);
    more.removeAll(both);
    if (!missing.isEmpty() || !more.isEmpty()) {
      differences.put(what, "missing " + missing + ", more " + more);
    }
  }
}
