/** PromQL to text: the canonical form, the pretty form, and the tree as JSON. */
@NullMarked
package dev.tethys.query.promql.format;

import org.jspecify.annotations.NullMarked;
