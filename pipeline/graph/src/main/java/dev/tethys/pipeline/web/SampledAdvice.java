package dev.tethys.pipeline.web;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.advice.Recommendation;
import dev.tethys.pipeline.advice.SampleAnalysis;
import dev.tethys.pipeline.graph.GraphStatus;
import dev.tethys.pipeline.graph.GraphView;
import dev.tethys.pipeline.graph.Tap;
import dev.tethys.pipeline.volume.VolumePoint;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Recommendations from a sample of the output of receivers. */
final class SampledAdvice {
  private static final double PER_SECOND = 10;

  private final GraphView graph;
  private final TapAccess access;

  SampledAdvice(GraphView graph, TapAccess access) {
    this.graph = graph;
    this.access = access;
  }

  /** Reads for some time; the response as JSON. */
  String read(double seconds) throws InterruptedException {
    SampleAnalysis analysis = new SampleAnalysis();
    Map<Signal, long[]> before = received();
    long start = System.nanoTime();
    long batches = 0;
    List<Tap> taps = taps();
    try {
      long end = start + (long) (seconds * 1e9);
      while (System.nanoTime() < end && !taps.isEmpty()) {
        for (Tap t : taps) {
          Batch b = t.next(taps.size() > 10 ? 5 : 50);
          if (b != null) {
            batches += add(analysis, b) ? 1 : 0;
          }
        }
      }
    } finally {
      taps.forEach(Tap::close);
    }
    double took = (System.nanoTime() - start) / 1e9;
    Map<Signal, Double> bytesPerItem = new EnumMap<>(Signal.class);
    Map<Signal, Double> itemsPerSecond = new EnumMap<>(Signal.class);
    received()
        .forEach(
            (signal, now) -> {
              long[] was = before.getOrDefault(signal, new long[2]);
              long items = now[0] - was[0];
              itemsPerSecond.put(signal, items / took);
              bytesPerItem.put(signal, items == 0 ? 0 : (now[1] - was[1]) / (double) items);
            });
    return json(analysis.recommendations(bytesPerItem, itemsPerSecond), batches, took);
  }

  /** Returns a tap on one edge of each receiver and signal. */
  private List<Tap> taps() {
    GraphStatus status = graph.status();
    Set<String> receivers = new HashSet<>();
    status.nodes().stream()
        .filter(n -> n.kind().equals("receiver"))
        .forEach(n -> receivers.add(n.id()));
    Set<String> seen = new HashSet<>();
    List<Tap> out = new ArrayList<>();
    for (GraphStatus.EdgeStatus e : status.edges()) {
      String signal = e.pipeline().split("/", 2)[0];
      if (receivers.contains(e.from()) && seen.add(e.from() + " " + signal)) {
        graph.tap(e.id(), PER_SECOND).ifPresent(out::add);
      }
    }
    return out;
  }

  private static boolean add(SampleAnalysis to, Batch b) {
    try {
      to.add(b.signal(), b.takeTree());
      return true;
    } catch (CodecException e) {
      return false; // its decoder rejects it
    }
  }

  /** Items and bytes that receivers passed on. */
  private Map<Signal, long[]> received() {
    Map<Signal, long[]> out = new EnumMap<>(Signal.class);
    for (VolumePoint p : graph.volumes().points()) {
      if (p.kind() == VolumePoint.Kind.IN) {
        long[] n = out.computeIfAbsent(p.signal(), k -> new long[2]);
        n[0] += p.items();
        n[1] += p.bytes();
      }
    }
    return out;
  }

  private String json(List<Recommendation> all, long batches, double seconds) {
    Json j = new Json().open('{').key("batches").number(batches);
    j.key("seconds").raw(String.format(Locale.ROOT, "%.1f", seconds));
    j.key("recommendations").open('[');
    for (Recommendation r : all) {
      String signal = StatusJson.word(r.signal());
      j.open('{').key("kind").text(r.kind().name().toLowerCase(Locale.ROOT));
      j.key("signal").text(signal).key("evidence").text(access.masked(r.evidence()));
      j.key("examples").open('[');
      r.examples().stream().map(access::masked).distinct().forEach(j::text);
      j.close(']').key("sampled").number(r.sampled()).key("matched").number(r.matched());
      j.key("share").raw(String.format(Locale.ROOT, "%.4f", r.share()));
      j.key("savedBytesPerSecond").number(Math.round(r.bytesPerSecond()));
      if (r.condition() != null) {
        j.key("control").open('{').key("action").text("filter");
        j.key("signals").open('[').text(signal).close(']');
        j.key("condition").text(r.condition()).close('}');
      }
      if (!r.config().isEmpty()) {
        j.key("configuration").text(r.config());
      }
      j.close('}');
    }
    return j.close(']').close('}').toString();
  }
}
