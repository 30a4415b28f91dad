package dev.tethys.query.logql.ast;

/** LogQL query: a log query or a metric query. */
public sealed interface LogqlExpr permits LogExpr, MetricExpr {}
