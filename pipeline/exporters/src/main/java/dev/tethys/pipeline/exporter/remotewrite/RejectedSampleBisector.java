package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a destination takes of a request that it refused. Prometheus refuses all of a request
 * for one sample that is out of order, and after a crash of any component before this, requests are
 * put together anew of samples that it has and samples that it has not: those would be lost with
 * the others.
 *
 * <p>Samples of one time (mostly a scrape) are asked about together, in the order of times; what is
 * refused of them by target and then in halves, but where both its first and its last sample are
 * refused, which is then taken for refused altogether. Requests of 1.0 only: those who speak 2.0
 * take what they can and say how much that was.
 */
final class RejectedSampleBisector {
  /** Asks about one request; {@link SendResult.Permanent} when it is refused as a whole. */
  interface Destination {
    SendResult ask(EncodedRequest p) throws IOException, InterruptedException;
  }

  private final EncodedRequest request;
  private final Destination destination;
  private final List<SendResult.Refused> refused = new ArrayList<>();
  private int requestCount;
  private final int most;

  /**
   * For one request.
   *
   * @param most how many requests may be made
   */
  RejectedSampleBisector(EncodedRequest request, int most, Destination destination) {
    this.request = request;
    this.most = most;
    this.destination = destination;
  }

  /** How many requests were made. */
  int requestCount() {
    return requestCount;
  }

  /** Some part is to come again. */
  private static final class Interrupted extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient SendResult.Retryable later;

    Interrupted(SendResult.Retryable later) {
      super(later.reason(), null, false, false);
      this.later = later;
    }
  }

  /**
   * What became of the request's parts.
   *
   * @param reason why it was refused as a whole
   */
  SendResult.PerItem bisect(String reason) throws IOException, InterruptedException {
    long[] times = ProtocolDowngrade.times(request);
    boolean before = false; // whether the page before was taken
    boolean rest =
        false; // whether all that follows may be, because a page is after one that was not
    for (int i = 0; i < times.length; i++) {
      long after = i == 0 ? Long.MIN_VALUE : times[i - 1];
      if (requestCount >= most) {
        refused.add(
            new SendResult.Refused(
                ProtocolDowngrade.between(request, after, Long.MAX_VALUE), reason));
        break;
      }
      boolean last = i == times.length - 1;
      int known = refused.size();
      try {
        if (!last && rest && isTaken(ProtocolDowngrade.between(request, after, Long.MAX_VALUE))) {
          break;
        }
        EncodedRequest page =
            ProtocolDowngrade.between(request, after, last ? Long.MAX_VALUE : times[i]);
        boolean taken = times.length > 1 && isTaken(page);
        if (!taken) {
          divideByTarget(page, reason);
        }
        rest = taken && !before;
        before = taken;
      } catch (Interrupted e) {
        refused.subList(known, refused.size()).clear();
        return sorted(ProtocolDowngrade.between(request, after, Long.MAX_VALUE), e.later);
      }
    }
    return sorted(null, new SendResult.Retryable(Duration.ZERO, false, ""));
  }

  private SendResult.PerItem sorted(@Nullable EncodedRequest again, SendResult.Retryable later) {
    int not = refused.stream().mapToInt(r -> entries(r.request())).sum();
    return new SendResult.PerItem(
        entries(request) - not - (again == null ? 0 : entries(again)),
        refused,
        again,
        later.after(),
        later.overload(),
        later.reason());
  }

  private static int entries(EncodedRequest p) {
    return RequestContents.of(p).entries();
  }

  private boolean isTaken(EncodedRequest p) throws InterruptedException, Interrupted {
    if (requestCount >= most) {
      return false;
    }
    requestCount++;
    try {
      return switch (destination.ask(p)) {
        case SendResult.Permanent n -> false;
        case SendResult.Retryable l -> throw new Interrupted(l);
        default -> true;
      };
    } catch (IOException e) {
      throw new Interrupted(new SendResult.Retryable(Duration.ZERO, false, String.valueOf(e)));
    }
  }

  /**
   * Divides a page by target. A destination has the samples of a target as a whole or not at all:
   * requests are joined of the records of many.
   */
  private void divideByTarget(EncodedRequest page, String reason)
      throws InterruptedException, Interrupted {
    List<EncodedRequest> targets =
        requestCount >= most ? List.of(page) : ProtocolDowngrade.byTarget(page);
    for (EncodedRequest t : targets) {
      if (targets.size() == 1 || !isTaken(t)) {
        divide(t, reason);
      }
    }
  }

  /** Looks what is taken of something that was refused as a whole. */
  private void divide(EncodedRequest p, String reason) throws InterruptedException, Interrupted {
    int half = (entries(p) + 1) / 2;
    List<EncodedRequest> halves =
        requestCount >= most || isRefusedAtBothEnds(p)
            ? List.of(p)
            : ProtocolDowngrade.of(p, RemoteWriteMessage.V1, Long.MIN_VALUE, half);
    if (halves.size() < 2) {
      refused.add(new SendResult.Refused(p, reason));
      return;
    }
    List<EncodedRequest> left = new ArrayList<>();
    for (EncodedRequest h : halves) {
      if (!isTaken(h)) {
        left.add(h);
      }
    }
    for (EncodedRequest h : left) {
      divide(h, reason);
    }
  }

  private boolean isRefusedAtBothEnds(EncodedRequest p) throws InterruptedException, Interrupted {
    List<EncodedRequest> each = ProtocolDowngrade.of(p, RemoteWriteMessage.V1, Long.MIN_VALUE, 1);
    return each.size() == 1 || !isTaken(each.getFirst()) && !isTaken(each.getLast());
  }
}
