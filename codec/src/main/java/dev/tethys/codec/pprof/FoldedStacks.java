package dev.tethys.codec.pprof;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Stacks as text, the outermost frame first, frames separated by semicolons: the format of agents
 * that do not produce pprof. Source: pkg/og/convert and pkg/og/structs of grafana/pyroscope.
 */
public final class FoldedStacks {
  /** Deeper trees are refused. */
  static final int MAX_DEPTH = 4096;

  /** Stacks with more text are refused. */
  static final int MAX_LENGTH = 1 << 20;

  /** Receives stacks. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Receives a stack.
     *
     * @param folded frames with semicolons between, the outermost first
     */
    void stack(String folded, long value);
  }

  private FoldedStacks() {}

  /** Lines {@code a;b;c 12}. */
  public static void groups(byte[] b, Sink to) {
    eachLine(
        b,
        (number, l) -> {
          int space = l.lastIndexOf(' ');
          try {
            to.stack(
                l.substring(0, Math.max(0, space)).strip(),
                Long.parseLong(l, space + 1, l.length(), 10));
          } catch (NumberFormatException e) {
            throw new CodecException(
                "line " + number + " does not end with a space and a number: " + shown(l), e);
          }
        });
  }

  /** Lines {@code a;b;c}, each seen once. */
  public static void lines(byte[] b, Sink to) {
    eachLine(b, (_, l) -> to.stack(l, 1));
  }

  /** Reads non-empty lines. */
  private interface Lines {
    void line(int number, String line);
  }

  /** Reads line by line: a text of millions of lines would take many times its size. */
  private static void eachLine(byte[] b, Lines to) {
    int number = 0;
    int at = 0;
    while (at < b.length) {
      int end = at;
      while (end < b.length && b[end] != '\n') {
        end++;
      }
      number++;
      String line = new String(b, at, end - at, StandardCharsets.UTF_8).strip();
      if (!line.isEmpty()) {
        to.line(number, line);
      }
      at = end + 1;
    }
  }

  private static String shown(String s) {
    return s.length() <= 100 ? s : s.substring(0, 100) + "…";
  }

  private record Node(String path, int depth) {}

  /** A trie: nodes have pieces of text, which along a path are a stack. */
  public static void trie(byte[] b, Sink to) {
    nodes(b, "", to);
  }

  /** A tree: nodes have frames. */
  public static void tree(byte[] b, Sink to) {
    nodes(b, ";", to);
  }

  /**
   * Reads the nodes: each has its name preceded by a length, its value and its number of children;
   * depth first.
   */
  private static void nodes(byte[] b, String between, Sink to) {
    ProtoReader r = new ProtoReader(b);
    Deque<Node> parents = new ArrayDeque<>();
    parents.push(new Node("", 0));
    while (!parents.isEmpty()) {
      Node parent = parents.pop();
      long length = r.readVarint();
      if (length < 0 || length > r.limit() - r.position()) {
        throw new CodecException("a name of " + length + " bytes exceeds the remaining input");
      }
      int n = (int) length;
      String name = new String(b, r.position(), n, StandardCharsets.UTF_8);
      r.position(r.position() + n);
      String path =
          parent.path.isEmpty() || name.isEmpty()
              ? parent.path + name
              : parent.path + between + name;
      long value = r.readVarint();
      long children = r.readVarint();
      if (value > 0) {
        to.stack(path, value);
      }
      // Each following entry has at least three bytes.
      if (children < 0 || children > (r.limit() - r.position()) / 3 - parents.size()) {
        throw new CodecException(
            "a node with " + children + " children exceeds the remaining input");
      }
      if (children > 0 && (parent.depth == MAX_DEPTH || path.length() > MAX_LENGTH)) {
        throw new CodecException(
            "a stack of more than " + MAX_DEPTH + " nodes or " + MAX_LENGTH + " characters");
      }
      Node node = new Node(path, parent.depth + 1);
      for (long i = 0; i < children; i++) {
        parents.push(node);
      }
    }
  }
}
