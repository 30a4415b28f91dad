package dev.tethys.api.pyroscope.debuginfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.profiles.AddressSymbols.Frame;
import dev.tethys.model.profiles.AddressSymbols.Mapped;
import dev.tethys.testkit.HostileElf;
import dev.tethys.web.client.HttpClientFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
@Tag("slow")
class SymbolizerTest {
  private static final String ID = "70de1ec376c95ad64b7cf2a9bf6b35cea78bace3";
  private static final String HOSTILE = "00112233445566778899";
  private static final Path SHOP = Path.of("../../codec/src/test/resources/elf/shop-clang-dwarf5");
  private static final Mapped OF_SHOP = new Mapped(ID, "", 0, 0, 0);
  private static final Mapped OF_HOSTILE = new Mapped(HOSTILE, "", 0, 0, 0);
  private static final long[] ADDRESSES =
      LongStream.range(0, 5000).map(i -> HostileElf.CODE + i).toArray();

  @TempDir Path folder;
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private DebugInfoStore store;
  private Symbolizer symbolizer;

  @BeforeEach
  void open() throws Exception {
    HttpClientFactory.prepare();
    DebugInfoOptions options =
        new DebugInfoOptions(1 << 30, 100 << 20, false, null, Duration.ofSeconds(1));
    store = DebugInfoStore.open(new RealFiles(), folder, options);
    symbolizer =
        new Symbolizer(store, options, clients.client(HttpClientConfig.DEFAULT), System::nanoTime);
    store.put("t", ID, Files.newInputStream(SHOP));
  }

  @AfterEach
  void close() throws IOException {
    clients.close();
  }

  private void putHostile(HostileElf elf) throws Exception {
    store.put("t", HOSTILE, new ByteArrayInputStream(elf.withBuildId(HOSTILE).bytes()));
  }

  private void assertThatShopHasNames() {
    List<List<Frame>> frames =
        symbolizer.frames(Scope.of("t"), OF_SHOP, new long[] {0x11f5}, () -> false);
    assertThat(frames.getFirst()).extracting(Frame::function).contains("shop::Cart::rate");
  }

  static Stream<HostileElf> files() {
    long part = Runtime.getRuntime().maxMemory() / 8;
    return Stream.of(
        HostileElf.oneLongName(),
        HostileElf.largeSections(Math.min(part, 256 << 20)),
        HostileElf.manyAttributes(20_000_000),
        HostileElf.textsWithoutEnd(100_000, 16 << 20));
  }

  @ParameterizedTest
  @MethodSource("files")
  void respondsDespiteHostileFiles(HostileElf hostile) throws Exception {
    putHostile(hostile);
    assertThat(symbolizer.frames(Scope.of("t"), OF_HOSTILE, ADDRESSES, () -> false))
        .hasSize(ADDRESSES.length);
    assertThatShopHasNames();
  }

  @Test
  void rejectsOtherBuildBeforeReadingAnythingElse() {
    byte[] file = HostileElf.largeSections(256 << 20).withBuildId("aabb").bytes();
    assertThatThrownBy(() -> store.put("t", HOSTILE, new ByteArrayInputStream(file)))
        .isInstanceOf(DebugInfoException.class)
        .hasMessageContaining("the file is of build aabb");
  }

  @Test
  void readsOtherFilesMeanwhileAndStops() throws Exception {
    putHostile(HostileElf.overlappingSymbols(100_000, 400));
    CountDownLatch reads = new CountDownLatch(2);
    CountDownLatch stop = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<?> slow =
          threads.submit(
              () ->
                  symbolizer.frames(
                      Scope.of("t"),
                      OF_HOSTILE,
                      ADDRESSES,
                      () -> {
                        reads.countDown();
                        return reads.getCount() == 0 && await(stop);
                      }));
      assertThat(reads.await(60, TimeUnit.SECONDS)).isTrue();
      assertThatShopHasNames();
      Future<?> waits =
          threads.submit(() -> symbolizer.frames(Scope.of("t"), OF_HOSTILE, ADDRESSES, () -> true));
      assertThatThrownBy(() -> waits.get(30, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(CancellationException.class);
      stop.countDown();
      assertThatThrownBy(() -> slow.get(30, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(CancellationException.class);
    } finally {
      stop.countDown();
      threads.shutdownNow();
    }
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      return true;
    }
  }
}
