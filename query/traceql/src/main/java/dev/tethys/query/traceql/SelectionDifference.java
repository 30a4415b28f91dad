package dev.tethys.query.traceql;

import java.util.List;

/**
 * Difference between the spans of a selection and the other spans of a query.
 *
 * @param inside number of spans of the selection
 * @param outside number of the others
 * @param conditions conditions whose share differs most, those that differ more first
 * @param statistics work that was done
 * @param warnings damage by which spans may be absent
 */
public record SelectionDifference(
    long inside,
    long outside,
    List<Ranked> conditions,
    TraceStatistics statistics,
    List<String> warnings) {
  /**
   * Condition on an attribute, or on two.
   *
   * @param fields names of its fields, as TraceQL prints them
   * @param filter the condition in TraceQL, to be put into braces
   * @param inside number of spans of the selection that fit
   * @param outside number of the others that fit
   * @param insideShare share of the selection, 0 to 1
   * @param outsideShare share of the others, 0 to 1
   * @param score difference of the shares, less what chance explains at this number of spans
   */
  public record Ranked(
      List<String> fields,
      String filter,
      long inside,
      long outside,
      double insideShare,
      double outsideShare,
      double score) {}

  /**
   * Question for a difference.
   *
   * @param all query of filters: the spans that are compared
   * @param selected query of filters: the spans of the selection among them
   * @param from first start of a span, inclusive
   * @param to last start of a span, exclusive
   * @param selectedFrom earliest start of a selected span, inclusive
   * @param selectedTo latest start of a selected span, exclusive
   * @param limit most conditions
   */
  public record Request(
      TraceQuery all,
      TraceQuery selected,
      long from,
      long to,
      long selectedFrom,
      long selectedTo,
      int limit) {}
}
