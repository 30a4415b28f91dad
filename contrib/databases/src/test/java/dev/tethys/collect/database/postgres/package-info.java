@NullMarked
package dev.tethys.collect.database.postgres;

import org.jspecify.annotations.NullMarked;
