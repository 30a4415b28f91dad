/** Reads LogQL into its typed tree. */
@NullMarked
package dev.tethys.query.logql.parser;

import org.jspecify.annotations.NullMarked;
