package dev.tethys.pipeline.destination.remotewrite;

import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.delivery.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a destination takes of a request that it refused. Prometheus refuses all of a request
 * for one sample that is out of order, and after a crash of whatever stands before this, requests
 * are put together anew of samples that it has and samples that it has not: those would be lost
 * with the others.
 *
 * <p>Samples of one time (mostly a scrape) are asked about together, in the order of times; what is
 * refused of them in halves, but where both its first and its last sample are refused, which is
 * then taken for refused altogether. Requests of 1.0 only: those who speak 2.0 take what they can
 * and say how much that was.
 */
final class Sifting {
  /** Asks about one request; {@link Verdict.Never} when it is refused as a whole. */
  interface Destination {
    Verdict ask(Parcel p) throws IOException, InterruptedException;
  }

  private final Parcel request;
  private final Destination destination;
  private final List<Verdict.Refused> refused = new ArrayList<>();
  private int asked;
  private final int most;

  /**
   * For one request.
   *
   * @param most how many requests may be made
   */
  Sifting(Parcel request, int most, Destination destination) {
    this.request = request;
    this.most = most;
    this.destination = destination;
  }

  /** How many requests were made. */
  int asked() {
    return asked;
  }

  /** Some part is to come again. */
  private static final class Interrupted extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Verdict.Later later;

    Interrupted(Verdict.Later later) {
      super(later.reason(), null, false, false);
      this.later = later;
    }
  }

  /**
   * What became of the request's parts.
   *
   * @param reason why it was refused as a whole
   */
  Verdict.Sorted sift(String reason) throws IOException, InterruptedException {
    long[] times = Recoding.times(request);
    boolean before = false; // whether the page before was taken
    boolean rest =
        false; // whether all that follows may be, because a page is after one that was not
    for (int i = 0; i < times.length; i++) {
      long after = i == 0 ? Long.MIN_VALUE : times[i - 1];
      if (asked >= most) {
        refused.add(new Verdict.Refused(Recoding.between(request, after, Long.MAX_VALUE), reason));
        break;
      }
      boolean last = i == times.length - 1;
      int known = refused.size();
      try {
        if (!last && rest && isTaken(Recoding.between(request, after, Long.MAX_VALUE))) {
          break;
        }
        Parcel page = Recoding.between(request, after, last ? Long.MAX_VALUE : times[i]);
        boolean taken = times.length > 1 && isTaken(page);
        if (!taken) {
          divide(page, reason);
        }
        rest = taken && !before;
        before = taken;
      } catch (Interrupted e) {
        refused.subList(known, refused.size()).clear();
        return sorted(Recoding.between(request, after, Long.MAX_VALUE), e.later);
      }
    }
    return sorted(null, new Verdict.Later(Duration.ZERO, false, ""));
  }

  private Verdict.Sorted sorted(@Nullable Parcel again, Verdict.Later later) {
    int not = refused.stream().mapToInt(r -> entries(r.parcel())).sum();
    return new Verdict.Sorted(
        entries(request) - not - (again == null ? 0 : entries(again)),
        refused,
        again,
        later.after(),
        later.overload(),
        later.reason());
  }

  private static int entries(Parcel p) {
    return Contents.of(p).entries();
  }

  private boolean isTaken(Parcel p) throws InterruptedException, Interrupted {
    if (asked >= most) {
      return false;
    }
    asked++;
    try {
      return switch (destination.ask(p)) {
        case Verdict.Never n -> false;
        case Verdict.Later l -> throw new Interrupted(l);
        default -> true;
      };
    } catch (IOException e) {
      throw new Interrupted(new Verdict.Later(Duration.ZERO, false, String.valueOf(e)));
    }
  }

  /** Looks what is taken of something that was refused as a whole. */
  private void divide(Parcel p, String reason) throws InterruptedException, Interrupted {
    int half = (entries(p) + 1) / 2;
    List<Parcel> halves =
        asked >= most || isRefusedAtBothEnds(p)
            ? List.of(p)
            : Recoding.of(p, Message.V1, Long.MIN_VALUE, half);
    if (halves.size() < 2) {
      refused.add(new Verdict.Refused(p, reason));
      return;
    }
    List<Parcel> left = new ArrayList<>();
    for (Parcel h : halves) {
      if (!isTaken(h)) {
        left.add(h);
      }
    }
    for (Parcel h : left) {
      divide(h, reason);
    }
  }

  private boolean isRefusedAtBothEnds(Parcel p) throws InterruptedException, Interrupted {
    List<Parcel> each = Recoding.of(p, Message.V1, Long.MIN_VALUE, 1);
    return each.size() == 1 || !isTaken(each.getFirst()) && !isTaken(each.getLast());
  }
}
