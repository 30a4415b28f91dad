package dev.tethys.pipeline.ottl;

import dev.tethys.pipeline.ottl.syntax.OttlTree;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Infers the context of a group: the outermost one that reaches every context named by a path and
 * supports every function and symbol.
 */
final class ContextInference {
  private final OttlFunctions functions;
  private final List<OttlContext> candidates;

  private final EnumSet<OttlContext> named = EnumSet.noneOf(OttlContext.class);
  private final Set<String> calls = new HashSet<>();
  private final Set<String> symbols = new HashSet<>();
  private final Deque<String> parameters = new ArrayDeque<>();
  private OttlTree.@Nullable Path unnamed;
  private int tree;
  private int treeOfUnnamed;

  /**
   * Prepares for one group.
   *
   * @param candidates the contexts of the signal, inner ones first
   */
  ContextInference(OttlFunctions functions, List<OttlContext> candidates) {
    this.functions = functions;
    this.candidates = candidates;
  }

  OttlContext infer(List<String> texts, List<OttlTree> trees) {
    for (tree = 0; tree < trees.size(); tree++) {
      visit(trees.get(tree));
    }
    for (OttlContext c : candidates.reversed()) {
      if (named.stream().allMatch(c::reaches) && supportsCalls(c)) {
        if (named.isEmpty() && !callsRestrictContext()) {
          break;
        }
        return c;
      }
    }
    if (named.isEmpty()) {
      throw new OttlException(
          unnamed == null ? texts.isEmpty() ? "" : texts.getFirst() : texts.get(treeOfUnnamed),
          unnamed == null ? 0 : unnamed.at(),
          "the context cannot be inferred: begin paths with the name of a context ("
              + String.join(", ", candidates.stream().map(OttlContext::text).toList())
              + "), or configure a context");
    }
    throw new OttlException(
        texts.isEmpty() ? "" : texts.getFirst(),
        0,
        "no context has all that this group names ("
            + String.join(", ", named.stream().map(OttlContext::text).toList())
            + (calls.isEmpty() ? "" : "; " + String.join(", ", calls.stream().sorted().toList()))
            + "): split it into several groups");
  }

  /** Whether functions or symbols determine the context, if no path does. */
  private boolean callsRestrictContext() {
    return !candidates.stream().allMatch(this::supportsCalls);
  }

  private boolean supportsCalls(OttlContext c) {
    for (String name : calls) {
      OttlFunction f = functions.find(name);
      // Unknown ones are refused later, with their position.
      if (f != null && !f.usableIn(c)) {
        return false;
      }
    }
    for (String s : symbols) {
      if (Enums.known(s) && Enums.find(c, s) == null) {
        return false;
      }
    }
    return true;
  }

  private void visit(@Nullable OttlTree t) {
    switch (t) {
      case null -> {}
      case OttlTree.Statement s -> {
        visit(s.editor());
        visit(s.where());
      }
      case OttlTree.Path p -> {
        path(p);
        for (OttlTree.Field f : p.fields()) {
          f.keys().forEach(this::visit);
        }
      }
      case OttlTree.Call c -> {
        calls.add(c.name());
        c.arguments().forEach(a -> visit(a.value()));
        c.keys().forEach(this::visit);
      }
      case OttlTree.Symbol s -> symbols.add(s.name());
      case OttlTree.ListLiteral l -> l.items().forEach(this::visit);
      case OttlTree.MapLiteral m -> m.entries().forEach(e -> visit(e.value()));
      case OttlTree.Arithmetic a -> {
        visit(a.left());
        visit(a.right());
      }
      case OttlTree.Comparison c -> {
        visit(c.left());
        visit(c.right());
      }
      case OttlTree.And a -> a.operands().forEach(this::visit);
      case OttlTree.Or o -> o.operands().forEach(this::visit);
      case OttlTree.Not n -> visit(n.operand());
      case OttlTree.Lambda l -> {
        l.parameters().forEach(parameters::push);
        visit(l.body());
        l.parameters().forEach(_ -> parameters.pop());
      }
      default -> {
        // literals do not restrict the context
      }
    }
  }

  private void path(OttlTree.Path p) {
    String first = p.fields().getFirst().name();
    if (parameters.contains(first) || first.equals("otelcol")) {
      return;
    }
    OttlContext c = p.fields().size() > 1 ? OttlContext.of(first) : null;
    if (c != null) {
      named.add(Objects.requireNonNull(c));
    } else if (unnamed == null) {
      unnamed = p;
      treeOfUnnamed = tree;
    }
  }
}
