/** Base of the exporters of database servers. */
@NullMarked
package dev.tethys.collect.database;

import org.jspecify.annotations.NullMarked;
