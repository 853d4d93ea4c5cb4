//! Functions that expressions may call: `scripts/*.rhai`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lower::Lowering;
use super::sandbox::{ENGINE, FUNCTIONS, MAX_FUNCTIONS, MAX_SCRIPT};
use super::source::{Kind, Source};
use super::tree::{Node, Span, Tree};
use super::{CompileError, parse_error};

/// The functions of all scripts of a protocol. Cheap to clone.
#[derive(Clone, Default)]
pub struct Scripts {
    inner: Option<Arc<Compiled>>,
}

struct Compiled {
    module: rhai::Shared<rhai::Module>,
    functions: BTreeMap<String, Function>,
}

/// One function.
pub(super) struct Function {
    /// Its parameters in order.
    pub parameters: Vec<String>,
    /// What it computes: a block.
    pub body: Tree,
    /// The file it stands in.
    pub file: String,
}

/// What is wrong in a script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ScriptError {
    /// Path of the file as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// Length in characters.
    pub length: u32,
    /// What is wrong, in plain words.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Scripts {
    /// Compiles files, given as path and text. Only functions may stand in them, and a function sees its parameters only.
    ///
    /// Errors: all that is wrong in all files; one per file when it cannot be read at all.
    pub fn compile<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<ScriptError>> {
        let mut functions: BTreeMap<String, Function> = BTreeMap::new();
        let mut errors = Vec::new();
        let mut together = rhai::AST::empty();
        for (file, text) in files {
            let mut found = Vec::new();
            match read(file, text, &mut found) {
                Ok((ast, read)) => {
                    together.combine(ast);
                    for (name, function) in read {
                        if let Some(first) = functions.get(&name) {
                            let message = format!("the function `{name}` is already in `{}`", first.file);
                            found.push(CompileError::new(message, function.body.span));
                        } else {
                            functions.insert(name, function);
                        }
                    }
                }
                Err(error) => found.push(error),
            }
            errors.extend(found.into_iter().map(|error| located(file, text, error)));
        }
        if functions.len() > MAX_FUNCTIONS {
            let message = format!("there are more than {MAX_FUNCTIONS} functions");
            let file = functions.values().next().map(|function| function.file.clone()).unwrap_or_default();
            errors.push(ScriptError { file, line: 1, column: 1, length: 0, message, help: None });
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        if functions.is_empty() {
            return Ok(Self::default());
        }
        Ok(Self { inner: Some(Arc::new(Compiled { module: together.shared_lib().clone(), functions })) })
    }

    /// Functions that call themselves, directly or through others. `files` are those that were compiled: they could run for
    /// ever, and a limit would stop them only when a case needs them.
    #[must_use]
    pub fn circles<'a>(&self, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<ScriptError> {
        let files: BTreeMap<&str, &str> = files.into_iter().collect();
        let functions = self.inner.iter().flat_map(|inner| &inner.functions);
        let circular = functions.filter(|(name, _)| self.called_from(name).contains(name.as_str()));
        let error = |(name, function): (&String, &Function)| {
            let message = format!("the function `{name}` calls itself, so it may never end");
            let error = CompileError::new(message, function.body.span)
                .help("write it without; a list is walked with `foreach` in the protocol");
            located(&function.file, files.get(function.file.as_str()).copied().unwrap_or_default(), error)
        };
        circular.map(error).collect()
    }

    /// The functions that a function calls, and those that they call.
    fn called_from(&self, name: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut work: Vec<&Function> = self.function(name).into_iter().collect();
        while let Some(function) = work.pop() {
            function.body.visit(&mut |tree| {
                if let Node::Call { name, .. } = &tree.node
                    && let Some(called) = self.function(name)
                    && found.insert(name.as_str())
                {
                    work.push(called);
                }
            });
        }
        found
    }

    /// Names of all functions with the number of their parameters, in order of name.
    pub fn functions(&self) -> impl Iterator<Item = (&str, usize)> {
        let functions = self.inner.iter().flat_map(|inner| &inner.functions);
        functions.map(|(name, function)| (name.as_str(), function.parameters.len()))
    }

    pub(super) fn function(&self, name: &str) -> Option<&Function> {
        self.inner.as_ref()?.functions.get(name)
    }

    pub(super) fn functions_module(&self) -> Option<rhai::Shared<rhai::Module>> {
        Some(self.inner.as_ref()?.module.clone())
    }

    /// Rhai gives the receiver of `a.f(b)` to a script's function as `this`, which no function here has.
    pub(super) fn refuse_methods(&self, tree: &Tree) -> Result<(), CompileError> {
        let mut wrong = None;
        tree.visit(&mut |tree| {
            let Node::Call { name, name_span, method: true, .. } = &tree.node else {
                return;
            };
            if self.function(name).is_some() && wrong.is_none() {
                let message = format!("`{name}` is a function of a script and cannot stand behind a dot");
                wrong = Some(CompileError::new(message, *name_span).help(format!("write `{name}(…)`")));
            }
        });
        wrong.map_or(Ok(()), Err)
    }
}

impl std::fmt::Debug for Scripts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.functions().map(|(name, _)| name)).finish()
    }
}

type Read = (rhai::AST, Vec<(String, Function)>);

fn read(file: &str, text: &str, errors: &mut Vec<CompileError>) -> Result<Read, CompileError> {
    let source = Source::new(text, Kind::Script, MAX_SCRIPT)?;
    let ast = ENGINE.compile(text).map_err(|error| parse_error(&error, &source))?;
    if let Some(statement) = ast.statements().iter().find(|statement| !matches!(statement, rhai::Stmt::Noop(_))) {
        let span = source.token(statement.position());
        errors.push(CompileError::new("a script holds functions only", span).help("write `fn name(parameter) { … }`"));
    }
    let statements = body_statements(&ast);
    let mut functions = Vec::new();
    for definition in ast.iter_fn_def() {
        let (start, end) = (definition.body.start_position(), definition.body.end_position());
        let inside = |statement: &&rhai::Stmt| {
            let at = source.offset(statement.position());
            source.offset(start) < at && at < source.offset(end)
        };
        let body: Vec<rhai::Stmt> = statements.iter().filter(inside).cloned().collect();
        let span = source.token(start);
        let lowered = Lowering { source: &source, kind: Kind::Script, depth: 0 }.block(&body, span);
        let name = definition.name.to_string();
        if FUNCTIONS.iter().any(|(known, _)| *known == name) {
            errors
                .push(CompileError::new(format!("`{name}` is a built-in function and cannot be defined again"), span));
        }
        match lowered {
            Ok(body) => {
                let parameters: Vec<String> = definition.params.iter().map(ToString::to_string).collect();
                check_names(&body, parameters.iter().cloned().collect(), errors);
                functions.push((name, Function { parameters, body, file: file.to_owned() }));
            }
            Err(error) => errors.push(error),
        }
    }
    functions.sort_by_key(|(_, function)| function.body.span);
    Ok((ast, functions))
}

/// The outermost statements of all functions. Rhai hands out a function's body only by walking.
fn body_statements(ast: &rhai::AST) -> Vec<rhai::Stmt> {
    let mut statements = Vec::new();
    ast.walk(&mut |path| {
        if let [rhai::ASTNode::Stmt(statement)] = path {
            statements.push((*statement).clone());
        }
        true
    });
    statements
}

/// A function sees its parameters and what it has named with `let` so far.
fn check_names(body: &Tree, mut known: BTreeSet<String>, errors: &mut Vec<CompileError>) {
    match &body.node {
        Node::Block(steps) => {
            for step in steps {
                if let Node::Let(name, value) = &step.node {
                    check_names(value, known.clone(), errors);
                    known.insert(name.clone());
                } else {
                    check_names(step, known.clone(), errors);
                }
            }
        }
        Node::Name(name) if !known.contains(name) => {
            let message = format!("there is no `{name}` here: a function sees its parameters only");
            errors.push(CompileError::new(message, body.span).help(format!("make `{name}` a parameter")));
        }
        Node::In(_) => {
            let message = "a function cannot ask for states".to_owned();
            errors.push(CompileError::new(message, body.span).help("ask in the expression and pass the answer"));
        }
        _ => {
            for child in body.children() {
                check_names(child, known.clone(), errors);
            }
        }
    }
}

fn located(file: &str, text: &str, error: CompileError) -> ScriptError {
    let (line, column) = line_and_column(text, error.span);
    ScriptError {
        file: file.to_owned(),
        line,
        column,
        length: error.span.end.saturating_sub(error.span.start),
        message: error.message,
        help: error.help,
    }
}

/// Line and column, both from 1, of the start of a span.
fn line_and_column(text: &str, span: Span) -> (u32, u32) {
    let (mut line, mut column) = (1, 1);
    for letter in text.chars().take(usize::try_from(span.start).unwrap_or(usize::MAX)) {
        if letter == '\n' {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
    }
    (line, column)
}
