package dev.tethys.pipeline.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Signal;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class ProcessBalanceTest {
  private final ItemAccounting receiver = new ItemAccounting("receiver", "in", Signal.LOGS);
  private final ItemAccounting processor = new ItemAccounting("processor", "p", Signal.LOGS);
  private final ItemAccounting exporter = new ItemAccounting("exporter", "x", Signal.LOGS);

  private ProcessBalance balance(LongSupplier edges) {
    ProcessBalance b = ProcessBalance.of(List.of(receiver, processor, exporter), edges);
    assertThat(b.sources()).isEqualTo(b.sinks());
    return b;
  }

  @Test
  void itemsAwaitedByAReceiverAreNotCopies() {
    receiver.take(40);
    processor.through(40);
    exporter.take(40);
    ProcessBalance b = balance(() -> 80);
    assertThat(b.copied()).isZero();
    assertThat(b.held()).isEqualTo(40);
    receiver.pass(40);
    exporter.pass(40);
    assertThat(balance(() -> 80).copied()).isZero();
  }

  @Test
  void itemsOfTwoDestinationsCountAsCopies() {
    receiver.take(10);
    exporter.take(20);
    assertThat(balance(() -> 20).copied()).isEqualTo(10);
    receiver.pass(10);
    assertThat(balance(() -> 20).copied()).isEqualTo(10);
    // Items held on purpose stay visible with copies.
    processor.take(7);
    ProcessBalance b = balance(() -> 27);
    assertThat(b.held()).isEqualTo(27);
    assertThat(b.copied()).isEqualTo(17);
  }

  @Test
  void itemsPassingDuringTheReadAreNotCopies() {
    receiver.take(5);
    receiver.pass(5);
    exporter.take(5);
    Iterator<Long> edges = List.of(5L, 12L).iterator();
    ProcessBalance b = balance(edges::next);
    assertThat(b.copied()).isZero();
    assertThat(b.waiting()).isZero();
    // Those that wait in a batch do so before and after.
    assertThat(balance(() -> 12).waiting()).isEqualTo(7);
  }
}
