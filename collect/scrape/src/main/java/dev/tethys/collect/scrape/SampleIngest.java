package dev.tethys.collect.scrape;

import dev.tethys.codec.exposition.ExpositionException;
import dev.tethys.codec.exposition.ExpositionParser;
import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.codec.exposition.ExpositionParsers;
import dev.tethys.codec.exposition.ParserOptions;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.HistogramCheck;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.StorageException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends the scraped bodies of a target to a store. What is kept from scrape to scrape is the
 * {@link SeriesCache} and the {@link MetadataCache}. For the thread of the target's loop.
 *
 * <p>The steady way of a sample: hash of the raw series bytes → slot in the cache → reference →
 * append. Only series that are new have their labels decoded, joined, relabelled and checked.
 */
final class SampleIngest {
  private static final System.Logger LOG = JulLogger.of(SampleIngest.class.getName());

  /** Samples further in the future are refused. */
  static final long MAX_AHEAD_MILLIS = 600_000;

  private static final int[] NO_SPANS = {};
  private static final double[] NO_BUCKETS = {};

  private final Target target;
  private final ScrapeConfig config;
  private final ScrapeOptions options;
  private final ScrapeMetrics metrics;
  private final SampleLabels sampleLabels;
  private final ResolutionLimit resolution;
  private final ParserOptions parserOptions;
  private final SeriesMemory cache;
  private final FamilyMemory metadata;

  // of the running scrape
  private int scraped;
  private int kept;
  private int added;
  private long appended;
  private boolean overSamples;
  private boolean overBuckets;
  private int duplicates;
  private int outOfOrder;
  private int outOfBounds;
  private int limited;
  private String limit = "";
  private final List<Exemplar> exemplars = new ArrayList<>();
  private final PageFamily family = new PageFamily();

  /** Families with changed metadata that no commit has stored yet. */
  private Set<MetadataCache.Entry> untold = Set.of();

  SampleIngest(
      Target target,
      ScrapeConfig config,
      ParserOptions parserOptions,
      ScrapeOptions options,
      ScrapeMetrics metrics,
      SeriesMemory cache,
      FamilyMemory metadata) {
    this.target = target;
    this.config = config;
    this.options = options;
    this.metrics = metrics;
    this.sampleLabels = new SampleLabels(target.labels(), config);
    this.resolution =
        new ResolutionLimit(config.nativeBucketLimit(), config.nativeMinBucketFactor());
    this.parserOptions = parserOptions;
    this.cache = cache;
    this.metadata = metadata;
  }

  /** The appender for a scrape over the sink's. */
  Appender steady(Appender app) {
    return options.edits() ? app : cache.steady(app);
  }

  SeriesMemory cache() {
    return cache;
  }

  FamilyMemory metadata() {
    return metadata;
  }

  SampleLabels sampleLabels() {
    return sampleLabels;
  }

  /** Samples in the last body. */
  int scraped() {
    return scraped;
  }

  /** Number of samples that metric relabeling kept. */
  int kept() {
    return kept;
  }

  /** Number of samples whose series were new. */
  int added() {
    return added;
  }

  /**
   * Appends the samples of a body, and markers for series that it no longer has. After an
   * exception, the appender must be discarded and {@link #end} called.
   *
   * @param time scrape time in Unix milliseconds
   * @param now time that timestamps may exceed only slightly
   */
  void append(Appender app, byte[] body, int length, String contentType, long time, long now)
      throws ScrapeException {
    scraped = kept = added = 0;
    appended = 0;
    overSamples = overBuckets = false;
    duplicates = outOfOrder = outOfBounds = limited = 0;
    cache.begin();
    family.begin();
    boolean withFamilies = app.takesFamilies();
    metadata.page().begin();
    if (length > 0) {
      try {
        for (MetadataCache.Entry e : untold) {
          app.metadata(e.family(), e.metadata());
        }
        ExpositionParsers.Choice choice =
            ExpositionParsers.choose(contentType, config.fallbackProtocol());
        String warning = choice.warning();
        if (warning != null) {
          LOG.log(Level.DEBUG, () -> target + ": " + warning);
        }
        Supplier<ExpositionParser> page =
            () -> ExpositionParsers.parser(choice.mediaType(), body, 0, length, parserOptions);
        events(app, page.get(), time, now + MAX_AHEAD_MILLIS, withFamilies);
        if (withFamilies) {
          app.families(metadata.page().end(page));
        }
      } catch (ExpositionException | StorageException e) {
        throw new ScrapeException(String.valueOf(e.getMessage()));
      } finally {
        logRefusals();
      }
      if (overSamples) {
        metrics.exceededSampleLimit.inc();
      }
      if (overBuckets) {
        metrics.exceededBucketLimit.inc();
      }
      if (overSamples || overBuckets) {
        throw new ScrapeException(
            overSamples ? "sample limit exceeded" : "histogram bucket limit exceeded");
      }
    }
    if (length == 0) {
      app.families(metadata.page().set());
    }
    cache.forEachVanished(app, new Ending(app, time));
  }

  /** Called when the samples of {@link #append} were committed. */
  void committed(boolean hadBody) {
    if (hadBody) {
      untold = Set.of();
      cache.succeed();
      metadata.scraped(true);
    } else {
      cache.fail(); // nothing is tracked any more, but names stay known
      metadata.scraped(false);
    }
  }

  /** Ends every series that the last good scrape had: the target could not be scraped. */
  void end(Appender app, long time) {
    app.families(metadata.page().set());
    cache.forEachTracked(app, identity -> false, new Ending(app, time));
    if (cache.fail()) {
      metrics.cacheFlushForced.inc();
    }
    metadata.scraped(false);
  }

  /** Ends the series that no other loop has taken over, since the target is gone. */
  void endExcept(Appender app, long time, LongPredicate takenOver) {
    app.families(metadata.page().set());
    cache.forEachTracked(app, takenOver, new Ending(app, time));
  }

  /**
   * Marks series as ended. (An object per scrape: a lambda would cost an agent's compiler many
   * times as much.)
   */
  private record Ending(Appender app, long time) implements SeriesMemory.Ended {
    @Override
    public void series(long reference, boolean histogram) {
      // Refusals are expected: the target may be back under another loop.
      if (histogram) {
        app.append(reference, 0, time, Histogram.stale());
      } else {
        app.append(reference, 0, time, Samples.STALE);
      }
    }
  }

  private void events(
      Appender app, ExpositionParser p, long time, long latest, boolean withFamilies)
      throws ScrapeException {
    PageFamilies page = metadata.page();
    while (true) {
      int length = cache.expectedLength();
      if (length > 0) {
        long hash = cache.expectedHash();
        if (p.nextIs(length, hash)) {
          sample(app, p, hash, false, time, latest);
          continue;
        }
      }
      Event e = p.next();
      switch (e) {
        case END -> {
          return;
        }
        case TYPE, HELP, UNIT -> {
          if (options.synthesizeStarts()) {
            family.addMetadata(e, p);
          }
          if (withFamilies) {
            page.line(e, p);
          }
          MetadataCache.Entry news = metadata.update(e, p);
          if (news != null) {
            if (untold.isEmpty()) {
              untold = new LinkedHashSet<>();
            }
            untold.add(news);
            app.metadata(news.family(), news.metadata());
          }
        }
        case COMMENT -> {}
        case SERIES, HISTOGRAM -> {
          long hash = SeriesCache.hash(p.buffer(), p.keyOffset(), p.keyLength());
          sample(app, p, hash, e == Event.HISTOGRAM, time, latest);
        }
      }
    }
  }

  private void sample(
      Appender app, ExpositionParser p, long hash, boolean isHistogram, long time, long latest)
      throws ScrapeException {
    scraped++;
    boolean ownTime = config.honorTimestamps() && p.hasTimestamp();
    long t = ownTime ? p.timestamp() : time;
    int slot = cache.find(hash);
    boolean known = slot >= 0;
    boolean again = known && cache.seen(slot);
    if (known && cache.isDropped(slot)) {
      return;
    }
    long reference = known ? cache.reference(slot, app) : Appender.NO_SERIES;
    Labels labels = null;
    if (!known) {
      labels = sampleLabels.of(p);
      if (labels == null) {
        cache.keyLength(cache.add(hash, Appender.NO_SERIES, null), p.keyLength());
        return;
      }
      check(labels);
      if (!config.metricRelabeling().isEmpty()) {
        metadata.page().renamed(p.labels().metricName(), labels.metricName());
      }
    }
    kept++;
    if (again && !ownTime) {
      refused(Outcome.DUPLICATE_TIMESTAMP);
      return;
    }
    if (t > latest) {
      refused(Outcome.OUT_OF_BOUNDS);
      return;
    }
    long limit = config.common().limits().samples();
    if (limit > 0 && ++appended > limit) {
      overSamples = true;
      return;
    }
    Histogram h = null;
    if (isHistogram) {
      h = resolution.apply(p.histogram());
      if (h == null) {
        overBuckets = true;
        return;
      }
    }
    if (overSamples || overBuckets) {
      return; // it is only counted what there is
    }
    long start = parserOptions.startTimestamps() ? p.startTimestamp() : 0;
    double value = h == null ? p.value() : 0;
    SynthesizedStart synthesized = null;
    if (options.synthesizeStarts()) {
      synthesized = start != 0 ? null : synthesized(p, known ? slot : -1, h);
      if (synthesized == SynthesizedStart.NONE_YET) {
        first(hash, p, slot, labels, SynthesizedStart.at(t, value, h));
        return;
      }
      if (known) {
        cache.synthesized(slot, null); // until this sample is taken
      }
      if (synthesized != null) {
        if (synthesized.isLate(t)) {
          refused(Outcome.OUT_OF_ORDER);
          return;
        }
        value = h == null ? synthesized.next(t, value) : 0;
        h = h == null ? null : synthesized.next(t, h);
        start = synthesized.start();
      }
    }
    if (labels != null) {
      reference = admitted(app, labels);
      if (reference == Appender.NO_SERIES) {
        return;
      }
    }
    zeroAtStart(app, reference, known ? slot : -1, start, t, h);
    Outcome o = append(app, reference, start, t, value, h);
    if (o == Outcome.UNKNOWN_SERIES) {
      // The series left memory since the last scrape; its labels are at hand.
      Labels relabelled = sampleLabels.of(p);
      if (relabelled == null) {
        return;
      }
      reference = admitted(app, relabelled);
      if (reference == Appender.NO_SERIES) {
        return;
      }
      if (known) {
        cache.reference(slot, reference);
      }
      zeroAtStart(app, reference, known ? slot : -1, start, t, h);
      o = append(app, reference, start, t, value, h);
    }
    if (o != Outcome.OK) {
      if (o == Outcome.INVALID_HISTOGRAM && h != null) {
        throw new ScrapeException("invalid histogram: " + HistogramCheck.problem(h));
      }
      refused(o);
      return;
    }
    if (!known) {
      slot = cache.add(hash, reference, labels);
      cache.keyLength(slot, p.keyLength());
      added++;
    }
    if (start != 0 && options.zeroAtStart()) {
      cache.start(slot, start);
    }
    if (synthesized != null) {
      cache.synthesized(slot, synthesized);
    }
    if (!ownTime || synthesized != null || config.trackTimestampsStaleness()) {
      cache.track(slot, isHistogram);
    }
    exemplars(app, reference, p, t);
  }

  /** The reference of a series, or none when a limit of the store refuses a new one. */
  private long admitted(Appender app, Labels labels) {
    try {
      return app.series(labels);
    } catch (StorageException e) {
      if (e.reason() != StorageException.Reason.LIMIT) {
        throw e;
      }
      limited++;
      limit = String.valueOf(e.getMessage());
      return Appender.NO_SERIES;
    }
  }

  private Outcome append(
      Appender app, long reference, long start, long t, double value, @Nullable Histogram h) {
    long st = options.startTimestamps() ? start : 0;
    return h != null ? app.append(reference, st, t, h) : app.append(reference, st, t, value);
  }

  /**
   * The start of a series whose target exposes none; {@link SynthesizedStart#NONE_YET} for the
   * first sample of a cumulative series, null for a series that is not cumulative.
   */
  private @Nullable SynthesizedStart synthesized(
      ExpositionParser p, int slot, @Nullable Histogram h) {
    SynthesizedStart s = slot < 0 ? null : cache.synthesized(slot);
    if (s != null) {
      return s.isOf(h) ? s : SynthesizedStart.NONE_YET;
    }
    if (h == null && Double.isNaN(p.value())) {
      return null; // no counts can be derived from it
    }
    return family.mayBeCumulative() && family.hasCumulative(p.labels().metricName())
        ? SynthesizedStart.NONE_YET
        : null;
  }

  /** Stores the reference sample for later ones; it is not written. */
  private void first(
      long hash,
      ExpositionParser p,
      int slot,
      @Nullable Labels labels,
      SynthesizedStart synthesized) {
    int at = slot;
    if (labels != null) {
      at = cache.add(hash, Appender.NO_SERIES, labels);
      cache.keyLength(at, p.keyLength());
      added++;
    } else if (cache.wasTracked(at)) {
      cache.track(at, !synthesized.isOf(null)); // the store has it, and it is still there
    }
    cache.synthesized(at, synthesized);
  }

  /** Writes a 0 at a start timestamp that this series has not been seen with. */
  private void zeroAtStart(
      Appender app, long reference, int slot, long start, long t, @Nullable Histogram h) {
    if (!options.zeroAtStart()
        || start == 0
        || start >= t
        || slot >= 0 && cache.start(slot) == start) {
      return;
    }
    // Refusals are ignored: the store may have a sample at this time.
    if (h == null) {
      app.append(reference, 0, start, 0.0);
      return;
    }
    app.append(
        reference,
        0,
        start,
        new Histogram(
            h.integer(),
            Histogram.ResetHint.RESET,
            h.schema(),
            h.zeroThreshold(),
            0,
            0,
            0,
            NO_SPANS,
            NO_BUCKETS,
            NO_SPANS,
            NO_BUCKETS,
            h.customBounds()));
  }

  private void check(Labels labels) throws ScrapeException {
    String problem = sampleLabels.invalid(labels);
    if (problem != null) {
      throw new ScrapeException(problem);
    }
    problem = sampleLabels.overLimit(labels);
    if (problem != null) {
      metrics.exceededLabelLimits.inc();
      throw new ScrapeException(problem);
    }
  }

  private void refused(Outcome o) {
    switch (o) {
      case DUPLICATE_TIMESTAMP -> duplicates++;
      case OUT_OF_ORDER -> outOfOrder++;
      default -> outOfBounds++;
    }
  }

  private void exemplars(Appender app, long reference, ExpositionParser p, long t) {
    Exemplar e = p.nextExemplar(t);
    if (e == null) {
      return;
    }
    exemplars.clear();
    for (; e != null; e = p.nextExemplar(t)) {
      exemplars.add(e);
    }
    exemplars.sort(
        Comparator.comparingLong(Exemplar::timestamp).thenComparingDouble(Exemplar::value));
    int late = 0;
    for (Exemplar x : exemplars) {
      if (app.append(reference, x) == Outcome.OUT_OF_ORDER) {
        late++;
      }
    }
    if (late == exemplars.size()) {
      metrics.exemplarsOutOfOrder.add((long) late);
    }
  }

  private void logRefusals() {
    countDropped(limited, metrics.limited, "Error on ingesting new series: " + limit);
    countDropped(outOfOrder, metrics.outOfOrder, "Error on ingesting out-of-order samples");
    countDropped(
        duplicates,
        metrics.duplicates,
        "Error on ingesting samples with different value but same timestamp");
    countDropped(
        outOfBounds,
        metrics.outOfBounds,
        "Error on ingesting samples that are too old or are too far into the future");
  }

  private void countDropped(
      int n, dev.tethys.model.exposition.Registry.Counter counter, String what) {
    if (n > 0) {
      counter.add((long) n);
      LOG.log(Level.WARNING, () -> what + ": " + target + " num_dropped=" + n);
    }
  }
}
