package dev.tethys.api.prometheus;

import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.exec.Description;
import dev.tethys.query.promql.exec.Profile;
import dev.tethys.query.promql.explain.Caching;
import dev.tethys.query.promql.explain.Explanation;
import dev.tethys.query.promql.explain.Hint;
import dev.tethys.query.promql.explain.PlanNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Plans of queries as JSON. Times of the data are Unix seconds, durations seconds. */
final class ExplainJson {
  private ExplainJson() {}

  /** Appends the fields {@code plan}, {@code hints} and {@code cache}. */
  static void explanation(JsonOut out, Explanation e) throws IOException {
    node(out.next("plan"), e.plan());
    hints(out.next("hints"), e.hints());
    Caching c = e.caching();
    if (c != null) {
      out.next("cache").put('{').name("reuse");
      out.string(c.reuse().name().toLowerCase(Locale.ROOT));
      if (!c.reason().isEmpty()) {
        out.next("reason").string(c.reason());
      }
      out.next("knownSteps").number(c.steps()).put('}');
    }
  }

  /** Writes a plan step and its children. */
  private static void node(JsonOut out, PlanNode n) throws IOException {
    out.put('{').name("id").number(n.id());
    out.next("operator").string(n.operator());
    if (!n.role().isEmpty()) {
      out.next("role").string(n.role());
    }
    if (!n.name().isEmpty()) {
      out.next("name").string(n.name());
    }
    Span s = n.span();
    if (s != null) {
      out.next("text").string(n.text());
      out.next("position").put('{').name("start").number(s.start());
      out.next("end").number(s.end()).put('}');
    }
    out.next("steps").number(n.steps());
    if (!n.attributes().isEmpty()) {
      out.next("attributes").strings(n.attributes());
    }
    Description.Reads r = n.reads();
    if (r != null) {
      reads(out.next("reads"), r);
    }
    if (n.sameAs() > 0) {
      out.next("sameAs").number(n.sameAs());
    }
    Profile.Node m = n.measured();
    if (m != null) {
      measured(out.next("stats"), n, m);
    }
    out.next("children").put('[');
    boolean first = true;
    for (PlanNode c : n.children()) {
      node(out.sep(first), c);
      first = false;
    }
    out.raw("]}");
  }

  private static void reads(JsonOut out, Description.Reads r) throws IOException {
    out.put('{').name("matchers").put('[');
    for (int i = 0; i < r.matchers().size(); i++) {
      out.sep(i == 0).string(r.matchers().get(i).toString());
    }
    out.put(']').next("minTime").timestamp(r.minTime()).next("maxTime").timestamp(r.maxTime());
    out.next("range").timestamp(r.range()).next("offset").timestamp(r.offset());
    Long at = r.at();
    if (at != null) {
      out.next("at").timestamp(at);
    }
    out.next("parts").string(r.parts());
    if (r.sameBuckets() > 0) {
      out.next("sameBuckets").timestamp(r.sameBuckets());
    }
    if (r.windowsEvery() > 0) {
      out.next("windowsEvery").timestamp(r.windowsEvery());
    }
    out.put('}');
  }

  private static void measured(JsonOut out, PlanNode n, Profile.Node m) throws IOException {
    out.put('{').name("calls").number(m.calls());
    seconds(out, "seconds", n.total(Profile.Node::nanos));
    seconds(out, "selfSeconds", m.nanos());
    seconds(out, "cpuSeconds", n.total(Profile.Node::cpuNanos));
    seconds(out, "selfCpuSeconds", m.cpuNanos());
    out.next("series").number(m.series()).next("samples").number(m.samples());
    out.next("peakBytes").number(m.peakBytes());
    if (n.reads() != null) {
      out.next("storage").put('{').name("series").number(m.storedSeries());
      out.next("seriesRead").number(m.readSeries());
      out.next("samples").number(m.readSamples());
      seconds(out, "selectSeconds", m.selectNanos());
      seconds(out, "readSeconds", m.readNanos());
      out.next("resolutions").put('[');
      List<Long> resolutions = m.resolutions();
      for (int i = 0; i < resolutions.size(); i++) {
        out.sep(i == 0).timestamp(resolutions.get(i));
      }
      out.raw("]}");
    }
    out.put('}');
  }

  private static void seconds(JsonOut out, String name, long nanos) throws IOException {
    out.next(name).number(Math.max(0, nanos) / 1e9);
  }

  private static void hints(JsonOut out, List<Hint> hints) throws IOException {
    out.put('[');
    for (int i = 0; i < hints.size(); i++) {
      Hint h = hints.get(i);
      out.sep(i == 0).put('{').name("node").number(h.node());
      out.next("rule").string(h.rule()).next("text").string(h.text()).put('}');
    }
    out.put(']');
  }
}
