@NullMarked
package dev.tethys.collect.database.mongodb;

import org.jspecify.annotations.NullMarked;
