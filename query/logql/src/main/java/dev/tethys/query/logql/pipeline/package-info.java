/** Stages of a log pipeline over rows of bytes. */
@NullMarked
package dev.tethys.query.logql.pipeline;

import org.jspecify.annotations.NullMarked;
