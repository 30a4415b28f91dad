@NullMarked
package dev.tethys.collect.database.mongodb.wire;

import org.jspecify.annotations.NullMarked;
