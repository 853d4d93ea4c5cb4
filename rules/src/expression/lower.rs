//! Rhai's syntax tree into ours; refuses what a protocol may not use.

use rhai::{ASTFlags, Expr, FnCallExpr, Position, Stmt};

use super::CompileError;
use super::sandbox::MAX_DEPTH;
use super::source::{Kind, Source};
use super::tree::{Node, Operator, Span, Tree};

type Lowered = Result<Tree, CompileError>;

/// Lowers one text.
pub struct Lowering<'a> {
    /// The text.
    pub source: &'a Source,
    /// What it is.
    pub kind: Kind,
    /// Nesting so far.
    pub depth: usize,
}

impl Lowering<'_> {
    /// The single expression of an expression's text.
    pub fn only_expression(&mut self, statements: &[Stmt]) -> Lowered {
        match statements {
            [] => Err(CompileError::new("there is no expression", self.source.whole())),
            [only] => self.statement(only),
            [_, second, ..] => {
                let span = self.source.token(second.position());
                Err(CompileError::new(
                    "an expression is a single value: `;` and a second statement are not allowed",
                    span,
                ))
            }
        }
    }

    /// The statements of a branch or of a function's body.
    pub fn block(&mut self, statements: &[Stmt], span: Span) -> Lowered {
        let steps = statements.iter().filter(|step| !matches!(step, Stmt::Noop(_)));
        let steps: Vec<Tree> = steps.map(|step| self.statement(step)).collect::<Result<_, _>>()?;
        if self.kind == Kind::Expression && steps.len() != 1 {
            return Err(CompileError::new("each branch of `if` must be a single value", span));
        }
        Ok(Tree { node: Node::Block(steps), span })
    }

    fn statement(&mut self, statement: &Stmt) -> Lowered {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(CompileError::new(
                format!("it is nested deeper than {MAX_DEPTH}"),
                self.source.token(statement.position()),
            ));
        }
        let tree = self.statement_inside(statement);
        self.depth -= 1;
        tree
    }

    fn statement_inside(&mut self, statement: &Stmt) -> Lowered {
        match statement {
            Stmt::Expr(expression) => self.expression(expression),
            Stmt::FnCall(call, position) => self.call(call, *position),
            Stmt::If(flow, position) => {
                let start = self.source.token(*position);
                let test = self.expression(&flow.expr)?;
                let then = self.block(flow.body.statements(), self.source.token(flow.body.position()))?;
                let otherwise = if flow.branch.is_empty() {
                    None
                } else {
                    Some(self.block(flow.branch.statements(), self.source.token(flow.branch.position()))?)
                };
                let end = otherwise.as_ref().map_or(then.span, |tree| tree.span);
                Ok(Tree { node: Node::If(test.into(), then.into(), otherwise.map(Box::new)), span: start.to(end) })
            }
            Stmt::Block(block) => self.block(block.statements(), self.source.token(block.position())),
            Stmt::Var(variable, _, position) => {
                let span = self.source.token(*position);
                let value = self.expression(&variable.1)?;
                let span = span.to(value.span);
                Ok(Tree { node: Node::Let(variable.0.name.to_string(), value.into()), span })
            }
            Stmt::Return(value, flags, position) if !flags.contains(ASTFlags::BREAK) => {
                let span = self.source.token(*position);
                let value = value.as_ref().map(|value| self.expression(value)).transpose()?;
                let span = value.as_ref().map_or(span, |value| span.to(value.span));
                Ok(Tree { node: Node::Return(value.map(Box::new)), span })
            }
            Stmt::Assignment(_) => Err(self.refuse(
                "nothing can be assigned here; compare with `==`, set facts with `set` or `compute`",
                statement.position(),
            )),
            Stmt::Noop(position) => Err(self.refuse("there is no expression", *position)),
            other => {
                Err(self
                    .refuse("this statement is not allowed: no loops, no errors thrown or caught", other.position()))
            }
        }
    }

    fn expression(&mut self, expression: &Expr) -> Lowered {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.refuse(format!("it is nested deeper than {MAX_DEPTH}"), expression.start_position()));
        }
        let tree = self.expression_inside(expression);
        self.depth -= 1;
        tree
    }

    fn expression_inside(&mut self, expression: &Expr) -> Lowered {
        let here = |position: &Position| self.source.token(*position);
        Ok(match expression {
            Expr::Unit(position) => Tree { node: Node::Unknown, span: here(position) },
            Expr::BoolConstant(flag, position) => Tree { node: Node::Bool(*flag), span: here(position) },
            Expr::IntegerConstant(number, position) => self.number(*number, *position),
            Expr::StringConstant(text, position) => Tree { node: Node::Text(text.to_string()), span: here(position) },
            Expr::CharConstant(_, position) => {
                return Err(self.refuse("a text stands in double quotes, not single ones", *position));
            }
            Expr::Array(items, position) => {
                let span = here(position);
                Tree { node: Node::List(self.all(items)?), span }
            }
            Expr::Map(fields, position) => {
                let span = here(position);
                let fields = fields.0.iter().map(|(name, value)| Ok((name.name.to_string(), self.expression(value)?)));
                Tree { node: Node::Map(fields.collect::<Result<_, CompileError>>()?), span }
            }
            Expr::Variable(variable, _, position) => {
                Tree { node: Node::Name(variable.1.to_string()), span: here(position) }
            }
            Expr::FnCall(call, position) => self.call(call, *position)?,
            Expr::Dot(..) | Expr::Index(..) => self.chain(expression)?,
            Expr::And(items, _) => joined(Node::All, self.all(items)?),
            Expr::Or(items, _) => joined(Node::Any, self.all(items)?),
            Expr::Coalesce(items, _) => joined(Node::Else, self.all(items)?),
            Expr::Stmt(block) => {
                let span = self.source.token(block.position());
                match block.statements() {
                    [only] => self.statement(only)?,
                    statements => self.block(statements, span)?,
                }
            }
            other => {
                return Err(self.refuse("this is not allowed in an expression", other.start_position()));
            }
        })
    }

    fn all(&mut self, items: &[Expr]) -> Result<Vec<Tree>, CompileError> {
        items.iter().map(|item| self.expression(item)).collect()
    }

    /// A negative number is one constant for Rhai, whose place is the sign or the digits.
    fn number(&self, number: i64, position: Position) -> Tree {
        let mut span = self.source.token(position);
        if number < 0 && span.end == span.start + 1 {
            span.end += u32::try_from(number.unsigned_abs().to_string().len()).unwrap_or(0);
        }
        Tree { node: Node::Number(number), span }
    }

    fn call(&mut self, call: &FnCallExpr, position: Position) -> Lowered {
        let arguments = self.all(&call.args)?;
        // `in` is a call of `contains` for Rhai.
        if call.op_token.is_some() || self.source.has(position, "in") || self.source.has(position, "!in") {
            return self.operator(call, arguments, position);
        }
        let name_span = self.source.token(position);
        let span = self.source.call(position);
        if call.capture_parent_scope {
            return Err(self.refuse("`!` behind a function's name is not allowed", position));
        }
        Self::named_call(&call.name, name_span, arguments, span, false)
    }

    fn named_call(name: &str, name_span: Span, arguments: Vec<Tree>, span: Span, method: bool) -> Lowered {
        if name != "In" {
            return Ok(Tree { node: Node::Call { name: name.to_owned(), name_span, arguments, method }, span });
        }
        match arguments.as_slice() {
            [Tree { node: Node::Text(state), .. }] => Ok(Tree { node: Node::In(state.clone()), span }),
            _ => Err(CompileError::new("`In` takes one state, written as a text", span)
                .help("write it like `In(\"reach.talk\")`")),
        }
    }

    fn operator(&mut self, call: &FnCallExpr, mut arguments: Vec<Tree>, position: Position) -> Lowered {
        let sign = call.name.as_str();
        let here = self.source.token(position);
        match (sign, arguments.len()) {
            ("!", 1) => {
                let inner = arguments.remove(0);
                let span = here.to(inner.span);
                Ok(Tree { node: Node::Not(inner.into()), span })
            }
            ("-", 1) => {
                let inner = arguments.remove(0);
                let span = here.to(inner.span);
                Ok(Tree { node: Node::Minus(inner.into()), span })
            }
            ("contains", 2) => {
                let list = arguments.remove(0);
                let item = arguments.remove(0);
                let span = item.span.to(list.span);
                Ok(Tree { node: Node::Within(item.into(), list.into()), span })
            }
            (sign, 2) => {
                let Some(operator) = Operator::from_sign(sign) else {
                    return Err(CompileError::new(format!("the operator `{sign}` is not allowed"), here));
                };
                let left = arguments.remove(0);
                let right = arguments.remove(0);
                let span = left.span.to(right.span);
                Ok(Tree { node: Node::Binary(operator, left.into(), right.into()), span })
            }
            (sign, _) => Err(CompileError::new(format!("the operator `{sign}` is not allowed"), here)),
        }
    }

    /// `a.b[c].d()`: Rhai nests it to the right, with a flag where an index ends the chain.
    fn chain(&mut self, expression: &Expr) -> Lowered {
        let (Expr::Dot(pair, ..) | Expr::Index(pair, ..)) = expression else {
            return self.expression(expression);
        };
        let mut base = self.expression(&pair.lhs)?;
        let mut link = expression;
        let mut length = 0;
        while let Expr::Dot(pair, flags, position) | Expr::Index(pair, flags, position) = link {
            length += 1;
            if length > MAX_DEPTH {
                return Err(self.refuse(format!("it is nested deeper than {MAX_DEPTH}"), *position));
            }
            if flags.contains(ASTFlags::NEGATED) {
                return Err(self.refuse("`?.` and `?[` are not needed: a field of nothing is `()`", *position));
            }
            let ends = flags.contains(ASTFlags::BREAK);
            let (step, next) = match &pair.rhs {
                Expr::Dot(rest, ..) | Expr::Index(rest, ..) if !ends => (&rest.lhs, Some(&pair.rhs)),
                step => (step, None),
            };
            base = if matches!(link, Expr::Index(..)) { self.item(base, step)? } else { self.member(base, step)? };
            match next {
                Some(rest) => link = rest,
                None => break,
            }
        }
        Ok(base)
    }

    fn item(&mut self, base: Tree, index: &Expr) -> Lowered {
        let index = self.expression(index)?;
        let mut span = base.span.to(index.span);
        span.end += 1;
        Ok(Tree { node: Node::Item(base.into(), index.into()), span })
    }

    fn member(&mut self, base: Tree, member: &Expr) -> Lowered {
        match member {
            Expr::Property(property, position) => {
                let span = base.span.to(self.source.token(*position));
                Ok(Tree { node: Node::Field(base.into(), property.2.to_string()), span })
            }
            Expr::MethodCall(call, position) | Expr::FnCall(call, position) => {
                let span = base.span.to(self.source.call(*position));
                let name_span = self.source.token(*position);
                let mut arguments = vec![base];
                arguments.extend(self.all(&call.args)?);
                Self::named_call(&call.name, name_span, arguments, span, true)
            }
            other => Err(self.refuse("only a field or a function can stand behind a dot", other.start_position())),
        }
    }

    fn refuse(&self, message: impl Into<String>, position: Position) -> CompileError {
        CompileError::new(message, self.source.token(position))
    }
}

fn joined(make: impl Fn(Vec<Tree>) -> Node, items: Vec<Tree>) -> Tree {
    let span = items.iter().map(|item| item.span).reduce(Span::to).unwrap_or_default();
    Tree { node: make(items), span }
}
