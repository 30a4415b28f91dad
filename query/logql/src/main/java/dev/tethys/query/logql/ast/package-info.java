/** Typed tree of LogQL. */
@NullMarked
package dev.tethys.query.logql.ast;

import org.jspecify.annotations.NullMarked;
