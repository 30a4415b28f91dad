@NullMarked
package dev.tethys.query.promql.explain;

import org.jspecify.annotations.NullMarked;
