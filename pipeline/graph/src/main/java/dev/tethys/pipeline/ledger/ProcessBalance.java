package dev.tethys.pipeline.ledger;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Sum of a process's accounts, in items.
 *
 * <p>{@code in + created + restored + revived + copied = out + held + waiting + deadLettered +
 * dropped + returned + kept}
 *
 * <p>Each account adds up separately; the edges between components count independently of them.
 * {@code waiting} and {@code copied} compare the two. A receiver holds items until they are
 * acknowledged although others have them already: these are counted only at the others.
 *
 * @param in items accepted by receivers
 * @param created items created by components
 * @param copied items passed to more than one component, and items passed on and returned
 * @param out items accepted by destinations
 * @param held items in queues and in components
 * @param waiting items that passed an edge but are not in the account of the next component: those
 *     in a batch before a queue; 0 if idle, never negative
 * @param dropped dropped items by reason
 */
public record ProcessBalance(
    long in,
    long created,
    long restored,
    long revived,
    long copied,
    long out,
    long held,
    long waiting,
    long deadLettered,
    Map<String, Long> dropped,
    long returned,
    long kept) {
  /** Kind of the accounts of controls, which are before the first edge. */
  private static final String CONTROL = "control";

  /**
   * Sums accounts.
   *
   * @param edges items that passed edges; read after the accounts, whose items passed an edge
   *     before, so that the difference is never negative while items flow. Also read before them,
   *     because items passing meanwhile are in neither account of an edge
   */
  public static ProcessBalance of(Collection<ItemAccounting> accounts, LongSupplier edges) {
    long in = 0;
    long created = 0;
    long restored = 0;
    long revived = 0;
    long out = 0;
    long held = 0;
    long dead = 0;
    long returned = 0;
    long kept = 0;
    long passedOn = 0; // by all that have successors
    long taken = 0; // from edges
    long received = 0; // held by receivers
    Map<String, Long> dropped = new TreeMap<>();
    long before = edges.getAsLong();
    // Receivers last, so that items accepted by others meanwhile have come in.
    List<ItemAccounting> inOrder =
        accounts.stream().sorted(Comparator.comparing(a -> a.kind().equals("receiver"))).toList();
    for (ItemAccounting a : inOrder) {
      Balance b = a.balance();
      created += b.created();
      restored += b.restored();
      revived += b.revived();
      held += b.held();
      dead += b.deadLettered();
      returned += b.returned();
      kept += b.kept();
      b.dropped().forEach((reason, n) -> dropped.merge(reason, n, Long::sum));
      switch (a.kind()) {
        case "receiver" -> {
          in += b.in();
          passedOn += b.out();
          received += b.held();
        }
        case "exporter" -> {
          taken += b.in();
          out += b.out();
        }
        case CONTROL -> passedOn += b.out() - b.in();
        default -> {
          taken += b.in();
          passedOn += b.out();
        }
      }
    }
    long handedOn = edges.getAsLong();
    long copied = handedOn - passedOn;
    long waiting = handedOn - taken;
    long unacknowledged = Math.clamp(copied, 0, Math.max(0, received));
    copied -= unacknowledged;
    long passing = Math.clamp(Math.min(copied, waiting), 0, Math.max(0, handedOn - before));
    return new ProcessBalance(
        in,
        created,
        restored,
        revived,
        copied - passing,
        out,
        held - unacknowledged,
        waiting - passing,
        dead,
        dropped,
        returned,
        kept);
  }

  /** Returns the number of items dropped for any reason. */
  public long allDropped() {
    return dropped.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Items of the left side of the sum. */
  public long sources() {
    return in + created + restored + revived + copied;
  }

  /** Items of the right side of the sum. */
  public long sinks() {
    return out + held + waiting + deadLettered + allDropped() + returned + kept;
  }
}
