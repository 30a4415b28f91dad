package dev.tethys.api.pyroscope;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.api.pyroscope.debuginfo.DebugInfoOptions;
import dev.tethys.api.pyroscope.debuginfo.DebugInfoStore;
import dev.tethys.api.pyroscope.debuginfo.Symbolizer;
import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.SourceFrames;
import dev.tethys.codec.elf.SplitFiles;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.SymbolizedStore;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.profiles.ProfileDatabase;
import dev.tethys.store.profiles.ProfileLimits;
import dev.tethys.store.profiles.ProfileOptions;
import dev.tethys.testkit.ProfileStoreContract;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import dev.tethys.web.client.HttpClientFactory;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Uploads of debug information and queries of profiles that have addresses only. */
@Tag("slow")
class DebugInfoEndpointsTest {
  private static final long T0 = 1_795_608_000_000_000_000L;
  private static final String CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
  private static final String ID = "70de1ec376c95ad64b7cf2a9bf6b35cea78bace3";
  private static final Path SHOP = Path.of("../../codec/src/test/resources/elf/shop-clang-dwarf5");
  private static final long START = 0x55d0_0000_1000L;
  private static final String NAMED = "\"total\",\"shop::Cart::add\",\"shop::Cart::rate\"";

  @TempDir Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private final AtomicLong nanoTime = new AtomicLong();
  private @Nullable ProfileDatabase db;
  private @Nullable HttpListener listener;
  private WebConfig config = WebConfig.NONE;

  @BeforeEach
  void prepare() {
    HttpClientFactory.prepare();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
  }

  private void start(boolean local, @Nullable URI upstream) throws IOException {
    DebugInfoOptions options =
        new DebugInfoOptions(1 << 20, 30_000, local, upstream, Duration.ofSeconds(10));
    DebugInfoStore store = DebugInfoStore.open(new RealFiles(), folder.resolve("info"), options);
    HttpClientFactory clients = new HttpClientFactory("test");
    open.add(clients);
    Symbolizer symbolizer =
        new Symbolizer(
            store, options, clients.client(HttpClientConfig.DEFAULT), nanoTime::incrementAndGet);
    ProfileDatabase database =
        ProfileDatabase.open(
            new RealFiles(),
            folder.resolve("profiles"),
            new ProfileOptions(EngineOptions.defaults(), ProfileLimits.DEFAULTS));
    open.add(database);
    db = database;
    Routes routes = new Routes();
    ProfileStore symbolized = new SymbolizedStore(database, symbolizer);
    new PyroscopeApi(
            () -> symbolized,
            new PyroscopeSettings(Duration.ofMinutes(1)),
            QueryThreads.alone("profiles"),
            MemoryShare.unlimited(),
            () -> T0)
        .addTo(routes);
    new DebugInfoEndpoints(() -> new DebugInfoEndpoints.Opened(store, symbolizer)).addTo(routes);
    HttpListener l =
        HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), () -> config, routes, null);
    open.add(l);
    listener = l;
  }

  /** Stores a profile with one stack of two addresses, and one with names. */
  private void append(String path) {
    ProfileBatch b = new ProfileBatch();
    long[] mapping = {
      START, START + 0x1000, 0x1000, b.symbols.string(path), b.symbols.string(ID), 0
    };
    int m = b.symbols.mappings.intern(mapping, 6);
    int main = b.symbols.locations.intern(new long[] {m, START + 0x1f5, 0}, 3);
    int node = b.symbols.nodes.intern(0, main);
    Samples samples = new Samples();
    samples.add(node, 0, 10);
    Labels series = ProfileStoreContract.cpu("native");
    b.rows.add(b.series(series), T0, 10_000_000_000L, 0, 0, samples);
    assertThat(requireNonNull(db).append(Scope.DEFAULT, b).refusals()).isEmpty();
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + requireNonNull(listener).port() + path);
  }

  private HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers)
      throws Exception {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(uri(path)).method(method, BodyPublishers.ofByteArray(body));
    for (int i = 0; i < headers.length; i += 2) {
      b.header(headers[i], headers[i + 1]);
    }
    return client.send(b.build(), BodyHandlers.ofByteArray());
  }

  private String json(String method, String body) throws Exception {
    HttpResponse<byte[]> r =
        send("POST", method, body.getBytes(UTF_8), "Content-Type", "application/json");
    return r.statusCode() + " " + new String(r.body(), UTF_8);
  }

  private String flames() throws Exception {
    long ms = T0 / 1_000_000;
    return json(
        "/querier.v1.QuerierService/SelectMergeStacktraces",
        "{\"profileTypeID\":\""
            + CPU
            + "\",\"labelSelector\":\"{}\",\"start\":"
            + (ms - 1000)
            + ",\"end\":"
            + (ms + 1000)
            + "}");
  }

  @Test
  void namesFunctionsAfterAnUpload() throws Exception {
    start(false, null);
    append("/bin/shop");
    assertThat(flames()).contains("shop 0x55d0000011f5");
    assertThat(send("PUT", "/buildid/" + ID + "/debuginfo", Files.readAllBytes(SHOP)).statusCode())
        .isEqualTo(200);
    assertThat(flames()).contains(NAMED);
    requireNonNull(db).flush();
    assertThat(flames()).contains(NAMED);
    String merged =
        json(
            "/querier.v1.QuerierService/SelectMergeProfile",
            "{\"profileTypeID\":\""
                + CPU
                + "\",\"labelSelector\":\"{}\",\"start\":0,\"end\":"
                + T0 / 1_000_000
                + "}");
    assertThat(merged)
        .contains("\"shop::Cart::rate\"", "\"_ZN4shop4CartImE4rateEm\"", "\"/src/shop/shop.cc\"")
        .contains("\"hasFunctions\":true", "\"hasInlineFrames\":true", "\"line\":\"8\"");
  }

  @Test
  void servesFilesByTenant() throws Exception {
    start(false, null);
    byte[] file = Files.readAllBytes(SHOP);
    String path = "/buildid/" + ID + "/debuginfo";
    send("POST", path, file, "X-Scope-OrgID", "a");
    HttpResponse<byte[]> r = send("GET", path, new byte[0], "X-Scope-OrgID", "a");
    assertThat(r.body()).isEqualTo(file);
    assertThat(r.headers().firstValue("X-DEBUGINFOD-SIZE")).hasValue("22104");
    assertThat(send("GET", path, new byte[0], "X-Scope-OrgID", "b").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/buildid/../debuginfo", new byte[0]).statusCode()).isEqualTo(400);
    assertThat(send("GET", "/buildid/xyz/debuginfo", new byte[0]).statusCode()).isEqualTo(400);
  }

  @Test
  void rejectsOtherFiles() throws Exception {
    start(false, null);
    byte[] file = Files.readAllBytes(SHOP);
    HttpResponse<byte[]> r = send("PUT", "/buildid/aabb/debuginfo", file);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(new String(r.body(), UTF_8)).contains("build id is aabb", ID);
    r = send("PUT", "/buildid/aabb/debuginfo", "hello".getBytes(UTF_8));
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(new String(r.body(), UTF_8)).contains("not a valid 64-bit");
    r = send("PUT", "/buildid/" + ID + "/debuginfo", Arrays.copyOf(file, 40_000));
    assertThat(r.statusCode()).isIn(400, 413);
    try (var left = Files.walk(folder.resolve("info"))) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
  }

  @Test
  void rejectsAnonymousUploadsWhereUsersAreConfigured() throws Exception {
    Path file = folder.resolve("web.yml");
    String hash = "$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay";
    Files.writeString(file, "basic_auth_users: {alice: '" + hash + "'}");
    config = WebConfig.read(file);
    start(false, null);
    byte[] shop = Files.readAllBytes(SHOP);
    String path = "/buildid/" + ID + "/debuginfo";
    String pyroscope = "/debuginfo.v1alpha1.DebuginfoService/Upload/" + ID;
    String parca = "/parca.debuginfo.v1alpha1.DebuginfoService/Upload";
    for (String to : List.of(path, pyroscope, "/pyroscope" + pyroscope, parca)) {
      assertThat(send("POST", to, shop).statusCode()).as(to).isEqualTo(401);
      assertThat(send("POST", to, shop, "Authorization", "Basic YWxpY2U6bm8=").statusCode())
          .as(to)
          .isEqualTo(401);
    }
    assertThat(send("PUT", path, shop).statusCode()).isEqualTo(401);
    assertThat(send("GET", path, shop).statusCode()).isEqualTo(401);
    String right = "Basic YWxpY2U6dGVzdA=="; // alice:test
    assertThat(send("PUT", path, shop, "Authorization", right).statusCode()).isEqualTo(200);
  }

  @Test
  void acceptsUploadsFromPyroscopeAgents() throws Exception {
    start(false, null);
    String service = "/debuginfo.v1alpha1.DebuginfoService/";
    String should = "{\"file\":{\"gnuBuildId\":\"" + ID + "\",\"name\":\"shop\"}}";
    assertThat(json(service + "ShouldInitiateUpload", should))
        .startsWith("200 ")
        .contains("\"shouldInitiateUpload\":true");
    String finished = "{\"gnuBuildId\":\"" + ID + "\"}";
    assertThat(json(service + "UploadFinished", finished)).contains("failed_precondition");
    assertThat(send("POST", service + "Upload/" + ID, Files.readAllBytes(SHOP)).statusCode())
        .isEqualTo(200);
    assertThat(json(service + "UploadFinished", finished)).isEqualTo("200 {}");
    assertThat(json(service + "ShouldInitiateUpload", should))
        .doesNotContain("\"shouldInitiateUpload\":true")
        .contains("the file is stored");
    append("");
    assertThat(flames()).contains(NAMED);
  }

  @Test
  void acceptsUploadsFromParcaAgents() throws Exception {
    start(false, null);
    append("");
    byte[] file = Files.readAllBytes(SHOP);
    int port = uri("").getPort();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    try {
      Map<String, Object> info = Map.of("info", Map.of("build_id", ID, "upload_id", "1"));
      List<byte[]> messages = new ArrayList<>();
      messages.add(DebugInfoMessages.PARCA_UPLOAD.toProto(info));
      for (int at = 0; at < file.length; at += 5000) {
        byte[] chunk = Arrays.copyOfRange(file, at, Math.min(file.length, at + 5000));
        messages.add(DebugInfoMessages.PARCA_UPLOAD.toProto(Map.of("chunk_data", chunk)));
      }
      Map<String, Object> answer =
          DebugInfoMessages.PARCA_UPLOADED.fromProto(upload(channel, messages));
      assertThat(answer).containsEntry("build_id", ID).containsEntry("size", (long) file.length);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
    assertThat(flames()).contains(NAMED);
  }

  private static byte[] upload(ManagedChannel channel, List<byte[]> messages) throws Exception {
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.CLIENT_STREAMING)
            .setFullMethodName("parca.debuginfo.v1alpha1.DebuginfoService/Upload")
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    StreamObserver<byte[]> to =
        ClientCalls.asyncClientStreamingCall(
            channel.newCall(method, CallOptions.DEFAULT),
            new StreamObserver<byte[]>() {
              @Override
              public void onNext(byte[] message) {
                answer.complete(message);
              }

              @Override
              public void onError(Throwable t) {
                answer.completeExceptionally(t);
              }

              @Override
              public void onCompleted() {}
            });
    messages.forEach(to::onNext);
    to.onCompleted();
    return answer.get(30, TimeUnit.SECONDS);
  }

  /** Messages as they are. */
  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
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
  }

  @Test
  void readsFilesOfThisMachineWithTheSameBuildId() throws Exception {
    start(true, null);
    append(SHOP.toAbsolutePath().toString());
    assertThat(flames()).contains(NAMED);
  }

  /** Program of {@code clang++ -gsplit-dwarf} and its files; null without the compiler. */
  private @Nullable Path splitProgram() throws Exception {
    for (String tool : List.of("clang++", "llvm-dwp")) {
      if (!Files.isExecutable(Path.of("/usr/bin", tool))) {
        return null;
      }
    }
    Path shop = folder.resolve("build/shop");
    Files.createDirectory(folder.resolve("build"));
    Files.copy(SHOP.resolveSibling("shop.cc"), folder.resolve("build/shop.cc"));
    run("clang++", "-O2", "-gdwarf-5", "-gsplit-dwarf", "-c", "shop.cc", "-o", "shop.o");
    run("clang++", "shop.o", "-Wl,--build-id=0x" + ID, "-o", "shop");
    run("llvm-dwp", "-e", "shop", "-o", "shop.dwp");
    return shop;
  }

  private void run(String... command) throws Exception {
    Process p =
        new ProcessBuilder(command)
            .directory(folder.resolve("build").toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).as(Files.readString(folder.resolve("output"))).isZero();
  }

  /** Stores a profile with the instruction of the program that an inlined function has. */
  private void appendInlined(Path shop) throws Exception {
    long[] found = new long[1];
    try (ElfFile elf = ElfFile.open(shop)) {
      elf.namedFunctions(
          64,
          (address, size, name) -> {
            if (UTF_8.decode(name.duplicate()).toString().equals("_ZN4shop4CartImE3addEm")) {
              found[0] = address;
            }
          });
      for (long a = found[0]; ; a++) {
        if (SourceFrames.of(elf, split(shop), new long[] {a}).getFirst().size() > 1) {
          found[0] = a;
          break;
        }
      }
    }
    ProfileBatch b = new ProfileBatch();
    int path = b.symbols.string(shop.toString());
    int m = b.symbols.mappings.intern(new long[] {0, 0, 0, path, b.symbols.string(ID), 0}, 6);
    int location = b.symbols.locations.intern(new long[] {m, found[0], 0}, 3);
    Samples samples = new Samples();
    samples.add(b.symbols.nodes.intern(0, location), 0, 10);
    b.rows.add(b.series(ProfileStoreContract.cpu("native")), T0, 10_000_000_000L, 0, 0, samples);
    assertThat(requireNonNull(db).append(Scope.DEFAULT, b).refusals()).isEmpty();
  }

  private static SplitFiles split(Path shop) {
    return new SplitFiles() {
      @Override
      public @Nullable ElfFile packed() {
        return null;
      }

      @Override
      public ElfFile open(String path) throws IOException {
        return ElfFile.open(shop.resolveSibling("shop.dwo"));
      }
    };
  }

  @Test
  void namesInlinedFunctionsFromAnUploadedPackage() throws Exception {
    Path shop = splitProgram();
    assumeTrue(shop != null, "clang++ and llvm-dwp are not installed");
    start(false, null);
    appendInlined(requireNonNull(shop));
    String path = "/buildid/" + ID + "/debuginfo";
    assertThat(send("PUT", path, Files.readAllBytes(shop)).statusCode()).isEqualTo(200);
    assertThat(flames()).contains("shop::Cart::add").doesNotContain("shop::Cart::rate");
    HttpResponse<byte[]> r = send("PUT", path, Files.readAllBytes(shop.resolveSibling("shop.dwo")));
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(new String(r.body(), UTF_8)).contains("(.dwo)", "dwp");
    byte[] packed = Files.readAllBytes(shop.resolveSibling("shop.dwp"));
    assertThat(send("PUT", path, packed).statusCode()).isEqualTo(200);
    assertThat(flames()).contains(NAMED);
    assertThat(send("GET", path, new byte[0]).body()).isEqualTo(Files.readAllBytes(shop));
  }

  private void appendShared(String id, String file) throws Exception {
    ProfileBatch b = new ProfileBatch();
    int path = b.symbols.string(file);
    int m = b.symbols.mappings.intern(new long[] {0, 0, 0, path, b.symbols.string(id), 0}, 6);
    int location = b.symbols.locations.intern(new long[] {m, 0x11e0, 0}, 3);
    Samples samples = new Samples();
    samples.add(b.symbols.nodes.intern(0, location), 0, 10);
    b.rows.add(b.series(ProfileStoreContract.cpu("native")), T0, 10_000_000_000L, 0, 0, samples);
    assertThat(requireNonNull(db).append(Scope.DEFAULT, b).refusals()).isEmpty();
  }

  private static String buildId(Path file) throws IOException {
    try (ElfFile elf = ElfFile.open(file)) {
      return elf.buildIds().getFirst();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"shop-dwz-dwarf4", "shop-dwz-dwarf5"})
  void namesFunctionsSharedByFiles(String name) throws Exception {
    Path shop = SHOP.resolveSibling(name);
    Path common = SHOP.resolveSibling(name + ".common");
    start(false, null);
    appendShared(buildId(shop), "/opt/shop");
    String path = "/buildid/" + buildId(shop) + "/debuginfo";
    assertThat(send("PUT", path, Files.readAllBytes(shop)).statusCode()).isEqualTo(200);
    assertThat(flames()).contains("shop::Cart::add").doesNotContain("shop::Cart::mix");
    path = "/buildid/" + buildId(common) + "/debuginfo";
    assertThat(send("PUT", path, Files.readAllBytes(common)).statusCode()).isEqualTo(200);
    assertThat(flames()).contains("\"shop::Cart::add\",\"shop::Cart::rate\",\"shop::Cart::mix\"");
  }

  @Test
  void readsSharedLocalFiles() throws Exception {
    Path shop = Files.copy(SHOP.resolveSibling("shop-dwz-dwarf5"), folder.resolve("shop"));
    Files.copy(SHOP.resolveSibling("shop-dwz-dwarf5.common"), folder.resolve("common5.debug"));
    start(true, null);
    appendShared(buildId(shop), shop.toString());
    assertThat(flames()).contains("\"shop::Cart::add\",\"shop::Cart::rate\",\"shop::Cart::mix\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"shop.dwp", "shop.dwo"})
  void readsSplitDwarfOfThisMachine(String kept) throws Exception {
    Path shop = splitProgram();
    assumeTrue(shop != null, "clang++ and llvm-dwp are not installed");
    start(true, null);
    appendInlined(requireNonNull(shop));
    Files.delete(shop.resolveSibling(kept.equals("shop.dwp") ? "shop.dwo" : "shop.dwp"));
    assertThat(flames()).contains(NAMED);
  }

  @Test
  void queriesAnotherServerOncePerFile() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Routes routes = new Routes();
    byte[] file = Files.readAllBytes(SHOP);
    AtomicInteger status = new AtomicInteger(404);
    routes.get(
        "/buildid/{id}/debuginfo",
        (q, r) -> {
          asked.incrementAndGet();
          r.status(status.get()).send(status.get() == 200 ? file : new byte[0]);
        });
    HttpListener other = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
    open.add(other);
    start(false, URI.create("http://127.0.0.1:" + other.port() + "/"));
    append("");
    assertThat(flames()).doesNotContain("shop::");
    nanoTime.addAndGet(Duration.ofMinutes(2).toNanos());
    assertThat(flames()).doesNotContain("shop::");
    assertThat(asked).hasValue(1);
    status.set(200);
    nanoTime.addAndGet(Duration.ofHours(1).toNanos());
    assertThat(flames()).contains(NAMED);
    assertThat(flames()).contains(NAMED);
    assertThat(asked).hasValue(2);
  }
}
