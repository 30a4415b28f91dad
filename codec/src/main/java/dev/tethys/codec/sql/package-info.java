/** Statements of SQL without the values in them. */
@NullMarked
package dev.tethys.codec.sql;

import org.jspecify.annotations.NullMarked;
