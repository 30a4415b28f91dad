package dev.tethys.pipeline.ottl;

import dev.tethys.pipeline.ottl.syntax.Tree;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a group is run for from what it mentions: the outermost context that reaches every
 * context named by a path and knows every function and symbol.
 */
final class ContextInference {
  private final Functions functions;
  private final List<Context> candidates;

  private final EnumSet<Context> named = EnumSet.noneOf(Context.class);
  private final Set<String> calls = new HashSet<>();
  private final Set<String> symbols = new HashSet<>();
  private final Deque<String> parameters = new ArrayDeque<>();
  private Tree.@Nullable Path unnamed;
  private int tree;
  private int treeOfUnnamed;

  /**
   * Prepares for one group.
   *
   * @param candidates the contexts of the signal, inner ones first
   */
  ContextInference(Functions functions, List<Context> candidates) {
    this.functions = functions;
    this.candidates = candidates;
  }

  Context infer(List<String> texts, List<Tree> trees) {
    for (tree = 0; tree < trees.size(); tree++) {
      visit(trees.get(tree));
    }
    for (Context c : candidates.reversed()) {
      if (named.stream().allMatch(c::reaches) && knowsAll(c)) {
        if (named.isEmpty() && !telling()) {
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
              + String.join(", ", candidates.stream().map(Context::text).toList())
              + "), or configure a context");
    }
    throw new OttlException(
        texts.isEmpty() ? "" : texts.getFirst(),
        0,
        "no context has all that this group names ("
            + String.join(", ", named.stream().map(Context::text).toList())
            + (calls.isEmpty() ? "" : "; " + String.join(", ", calls.stream().sorted().toList()))
            + "): split it into several groups");
  }

  /** Whether functions or symbols say something about the context, when no path does. */
  private boolean telling() {
    return !candidates.stream().allMatch(this::knowsAll);
  }

  private boolean knowsAll(Context c) {
    for (String name : calls) {
      Function f = functions.find(name);
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

  private void visit(@Nullable Tree t) {
    switch (t) {
      case null -> {}
      case Tree.Statement s -> {
        visit(s.editor());
        visit(s.where());
      }
      case Tree.Path p -> {
        path(p);
        for (Tree.Field f : p.fields()) {
          f.keys().forEach(this::visit);
        }
      }
      case Tree.Call c -> {
        calls.add(c.name());
        c.arguments().forEach(a -> visit(a.value()));
        c.keys().forEach(this::visit);
      }
      case Tree.Symbol s -> symbols.add(s.name());
      case Tree.ListLiteral l -> l.items().forEach(this::visit);
      case Tree.MapLiteral m -> m.entries().forEach(e -> visit(e.value()));
      case Tree.Arithmetic a -> {
        visit(a.left());
        visit(a.right());
      }
      case Tree.Comparison c -> {
        visit(c.left());
        visit(c.right());
      }
      case Tree.And a -> a.operands().forEach(this::visit);
      case Tree.Or o -> o.operands().forEach(this::visit);
      case Tree.Not n -> visit(n.operand());
      case Tree.Lambda l -> {
        l.parameters().forEach(parameters::push);
        visit(l.body());
        l.parameters().forEach(_ -> parameters.pop());
      }
      default -> {
        // literals say nothing
      }
    }
  }

  private void path(Tree.Path p) {
    String first = p.fields().getFirst().name();
    if (parameters.contains(first) || first.equals("otelcol")) {
      return;
    }
    Context c = p.fields().size() > 1 ? Context.of(first) : null;
    if (c != null) {
      named.add(Objects.requireNonNull(c));
    } else if (unnamed == null) {
      unnamed = p;
      treeOfUnnamed = tree;
    }
  }
}
