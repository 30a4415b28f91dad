/** What database servers say of themselves: the shape that all of their exporters have. */
@NullMarked
package dev.tethys.collect.database;

import org.jspecify.annotations.NullMarked;
