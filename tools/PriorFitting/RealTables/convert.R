# Writes the tables of tables.tsv as CSV files: the label first, then the features.
# Usage: Rscript convert.R tables.tsv FOLDER
# Debian: apt-get install r-base-core r-cran-mlbench r-cran-mass r-cran-rpart r-cran-survival r-cran-mlmrev r-cran-cardata
#         r-cran-aer r-cran-kernlab r-cran-caret r-cran-modeldata r-cran-th.data r-cran-hsaur3 r-cran-palmerpenguins
arguments <- commandArgs(TRUE)
tables <- read.delim(arguments[1], na.strings = NULL)
dir.create(arguments[2], showWarnings = FALSE)
maximum_rows <- 3000
maximum_levels <- 20

# A column as one or several numeric columns: ordered categories as their rank, others as indicators.
as_numbers <- function(name, values) {
  if (is.logical(values)) values <- as.integer(values)
  if (is.numeric(values)) return(setNames(list(as.numeric(values)), name))
  text <- as.character(values)
  if (all(is.na(suppressWarnings(as.numeric(text))) == is.na(text))) return(setNames(list(as.numeric(text)), name))
  if (is.ordered(values)) return(setNames(list(as.integer(values)), name))
  levels <- sort(unique(text[!is.na(text)]))
  if (length(levels) < 2 || length(levels) > maximum_levels) return(list())
  if (length(levels) == 2) levels <- levels[2]
  setNames(lapply(levels, function(level) as.integer(text == level)), paste(name, levels, sep = "="))
}

for (i in seq_len(nrow(tables))) {
  table <- tables[i, ]
  environment <- new.env()
  data(list = table$data, package = table$package, envir = environment)
  data <- as.data.frame(environment[[if (exists(table$data, envir = environment)) table$data else ls(environment)[1]]])
  label_columns <- strsplit(table$label, ",")[[1]]
  label <- if (length(label_columns) == 1) data[[label_columns]] else do.call(paste, data[label_columns])
  data <- data[setdiff(names(data), c(label_columns, strsplit(table$left_out, ",")[[1]]))]
  known <- !is.na(label)
  data <- data[known, , drop = FALSE]
  label <- label[known]
  if (table$kind == "regression") label <- as.numeric(as.character(label))
  else label <- as.integer(factor(as.character(label))) - 1L
  set.seed(1)
  rows <- sample(length(label), min(length(label), maximum_rows))
  columns <- do.call(c, unname(lapply(names(data), function(name) as_numbers(name, data[[name]]))))
  result <- data.frame(label = label, columns, check.names = FALSE)[rows, ]
  write.csv(result, file.path(arguments[2], paste0(table$name, ".csv")), row.names = FALSE, na = "")
  cat(sprintf("%s: %s, %d rows, %d features, %d labels\n", table$name, table$kind, nrow(result), ncol(result) - 1, length(unique(label))))
}
